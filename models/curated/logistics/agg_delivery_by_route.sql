{{ config(materialized='table') }}

{# An order with sellers of two states went two routes, and counts on each. #}
with routes as (
    select
        items.order_id,
        coalesce(sellers.state, 'unknown') as seller_state,
        count(*) as item_count,
        sum(items.freight_brl) as freight_brl
    from {{ ref('fct_order_items') }} as items
    left join {{ ref('dim_sellers') }} as sellers on items.seller_id = sellers.seller_id
    group by 1, 2
)

select
    date_format(orders.purchase_date_br, '%Y-%m') as purchase_month,
    routes.seller_state,
    coalesce(customers.state, 'unknown') as customer_state,

    cast(count(*) as integer) as order_count,
    cast(sum(routes.item_count) as integer) as item_count,
    cast(sum(routes.freight_brl) as decimal(18, 2)) as freight_brl,
    cast(count_if(orders.is_delivered) as integer) as delivered_count,
    cast(count_if(orders.is_late) as integer) as late_count,
    cast(coalesce(sum(orders.delivery_days), 0) as integer) as delivery_days
from routes
inner join {{ ref('fct_orders') }} as orders on routes.order_id = orders.order_id
left join {{ ref('dim_customers') }} as customers on orders.customer_key = customers.customer_key
group by 1, 2, 3
