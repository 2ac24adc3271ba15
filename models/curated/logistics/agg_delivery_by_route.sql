{{ config(materialized='table') }}

with orders as (
    select * from {{ ref('fct_orders') }}
),

sellers as (
    select * from {{ ref('dim_sellers') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

items as (
    select
        order_items.order_id,
        coalesce(sellers.state, 'unknown') as seller_state,
        order_items.freight_brl
    from {{ ref('fct_order_items') }} as order_items
    inner join sellers on order_items.seller_key = sellers.seller_key
),

{# An order with sellers of two states went two routes, and counts on each. #}
routes as (
    select
        order_id,
        seller_state,
        count(*) as item_count,
        sum(freight_brl) as freight_brl
    from items
    group by order_id, seller_state
),

deliveries as (
    select
        orders.*,
        {{ month_start('orders.purchase_date_br') }} as purchase_month,
        coalesce(customers.state, 'unknown') as customer_state
    from orders
    inner join customers on orders.customer_key = customers.customer_key
)

select
    deliveries.purchase_month,
    routes.seller_state,
    deliveries.customer_state,

    cast(count(*) as integer) as order_count,
    cast(sum(routes.item_count) as integer) as item_count,
    cast(sum(routes.freight_brl) as decimal(18, 2)) as freight_brl,
    cast(count_if(deliveries.is_delivered) as integer) as delivered_count,
    cast(count_if(deliveries.is_late) as integer) as late_count,
    cast(coalesce(sum(deliveries.delivery_days), 0) as integer) as delivery_days
from routes
inner join deliveries on routes.order_id = deliveries.order_id
group by deliveries.purchase_month, routes.seller_state, deliveries.customer_state
