{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'payment_sequence'],
    partitioned_by=['month(purchased_at)'],
    meta={'months_from': 'int_changed_orders'},
    delete_condition='src._is_deleted', insert_condition='not src._is_deleted',
    on_schema_change='fail'
) }}

{% set months = changed_months() %}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

payments as (
    select * from {{ ref('int_payments') }}
    where {{ is_changed_order('_order_created_at', months.created_at) }}
),

orders as (
    select * from {{ ref('int_orders') }}
    where {{ is_changed_order('created_at', months.created_at) }}
),

payment_types as (
    select * from {{ ref('seed_payment_types') }}
)

select
    payments.order_id,
    payments.payment_sequence,

    payments.payment_type,
    coalesce(payment_types.payment_type_label_pt, payments.payment_type) as payment_type_label_pt,
    payments.installments,
    orders.purchase_date_br,

    payments.amount_brl,

    cast(orders.purchased_at as {{ instant_type() }}) as purchased_at,

    orders.is_deleted as _is_deleted
from payments
inner join orders on payments.order_id = orders.order_id
left join payment_types on payments.payment_type = payment_types.payment_type
{% if not is_incremental() %}
    where not orders.is_deleted
{% endif %}
