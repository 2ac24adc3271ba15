{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'payment_sequence'],
    partitioned_by=['month(purchased_at)'],
    incremental_predicates=['target.purchased_at = src.purchased_at'],
    delete_condition='src._is_deleted', insert_condition='not src._is_deleted',
    on_schema_change='fail'
) }}

with payments as (
    select * from {{ ref('int_payments') }}
),

orders as (
    select * from {{ ref('int_orders') }}
),

changed as (
    select * from {{ ref('int_changed_orders') }}
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

    orders.purchased_at,

    orders.is_deleted as _is_deleted
from payments
inner join orders on payments.order_id = orders.order_id
inner join changed on payments.order_id = changed.order_id
left join payment_types on payments.payment_type = payment_types.payment_type
{% if not is_incremental() %}
    where not orders.is_deleted
{% endif %}
