{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='order_id',
    partitioned_by=['month(purchased_at)'],
    meta={'months_from': 'int_changed_orders'},
    delete_condition='src._is_deleted', insert_condition='not src._is_deleted',
    on_schema_change='fail'
) }}

{% set months = changed_months() %}
{% set accounts = ref('int_changed_accounts') %}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

orders as (
    select * from {{ found_orders() }}
),

customers as (
    select * from {{ accounts if is_incremental() else ref('int_customers') }}
),

statuses as (
    select * from {{ ref('seed_order_statuses') }}
),

items as (
    select
        order_id,
        count(*) as item_count,
        sum(price_brl) as items_brl,
        sum(freight_brl) as freight_brl
    from {{ ref('int_order_items') }}
    where not is_deleted and {{ is_changed_order('_order_created_at', months.created_at) }}
    group by order_id
),

payments as (
    select
        order_id,
        sum(amount_brl) as payments_brl
    from {{ ref('fct_payments') }}
    where {{ is_changed_order('purchased_at', months.purchased_at) }}
    group by order_id
),

{# The review answered last speaks for its order; one without an answer counts from its creation. #}
reviews as (
    select
        order_id,
        max_by(review_score, row(coalesce(answered_at, created_at), review_id)) as review_score
    from {{ ref('int_reviews') }}
    where {{ is_changed_order('_order_created_at', months.created_at) }}
    group by order_id
)

select
    orders.order_id,
    {{ member_key('coalesce(customers.customer_unique_id, orders.customer_id)') }}
        as customer_key,

    orders.order_status,
    coalesce(statuses.counts_as_sale, false) as counts_as_sale,
    orders.purchase_date_br,
    orders.delivered_date_br,
    orders.estimated_delivery_date,
    orders.delivered_at is not null as is_delivered,
    {{ is_late_order('orders.delivered_date_br', 'orders.estimated_delivery_date') }} as is_late,
    {{ is_on_time_order('orders.delivered_date_br', 'orders.estimated_delivery_date') }}
        as is_on_time,
    {{ delivery_days('orders.purchase_date_br', 'orders.delivered_date_br') }} as delivery_days,

    cast(coalesce(items.item_count, 0) as integer) as item_count,
    cast(coalesce(items.items_brl, 0) as decimal(18, 2)) as items_brl,
    cast(coalesce(items.freight_brl, 0) as decimal(18, 2)) as freight_brl,
    cast(coalesce(items.items_brl + items.freight_brl, 0) as decimal(18, 2)) as order_total_brl,
    cast(coalesce(payments.payments_brl, 0) as decimal(18, 2)) as payments_brl,
    {{ gmv('items.items_brl', 'statuses.counts_as_sale') }} as gmv_brl,
    reviews.review_score,

    cast(orders.purchased_at as {{ instant_type() }}) as purchased_at,
    cast(orders.approved_at as {{ instant_type() }}) as approved_at,
    cast(orders.delivered_to_carrier_at as {{ instant_type() }}) as delivered_to_carrier_at,
    cast(orders.delivered_at as {{ instant_type() }}) as delivered_at,

    orders.is_deleted as _is_deleted
from orders
left join customers on orders.customer_id = customers.customer_id
left join statuses on orders.order_status = statuses.order_status
left join items on orders.order_id = items.order_id
left join payments on orders.order_id = payments.order_id
left join reviews on orders.order_id = reviews.order_id
{% if not is_incremental() %}
    where not orders.is_deleted
{% endif %}
