{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'payment_sequence'],
    partitioned_by=['month(purchased_at)'],
    meta={'months_from': 'int_changed_orders'},
    delete_condition='src._is_deleted', insert_condition='not src._is_deleted',
    on_schema_change='fail'
) }}

{% set months = changed_months() %}
{% set days = months.purchase_date_br if is_incremental() else [] %}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

payments as (
    select * from {{ ref('int_payments') }}
    where {{ is_changed_order('_order_created_at', months.created_at) }}
),

orders as (
    select * from {{ found_orders() }}
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
    where {{ months_condition('day_date', days) }}
),

priced as (
    select
        payments.order_id,
        payments.payment_sequence,
        payments.payment_type,
        payments.installments,
        payments.currency,
        payments.amount,
        orders.purchase_date_br,
        orders.purchased_at,
        orders.is_deleted,
        cast(if(payments.currency = 'BRL', 1, rates.brl_per_unit) as decimal(18, 8)) as brl_per_unit
    from payments
    inner join orders on payments.order_id = orders.order_id
    left join rates
        on payments.currency = rates.currency and orders.purchase_date_br = rates.day_date
),

payment_types as (
    select * from {{ ref('seed_payment_types') }}
)

select
    priced.order_id,
    priced.payment_sequence,
    {{ member_key('priced.payment_type') }} as payment_type_key,

    priced.payment_type,
    coalesce(payment_types.payment_type_label_pt, priced.payment_type) as payment_type_label_pt,
    priced.installments,
    priced.currency,
    priced.purchase_date_br,

    priced.amount,
    priced.brl_per_unit,
    cast(priced.amount * priced.brl_per_unit as decimal(18, 2)) as amount_brl,

    cast(priced.purchased_at as {{ instant_type() }}) as purchased_at,

    priced.is_deleted as _is_deleted
from priced
left join payment_types on priced.payment_type = payment_types.payment_type
{% if not is_incremental() %}
    where not priced.is_deleted
{% endif %}
