-- A returned row is an order whose items_brl differs from the sum of its rows in fct_order_items.
with items as (
    select
        order_id,
        sum(price_brl) as items_brl
    from {{ ref('fct_order_items') }}
    group by order_id
),

orders as (
    select * from {{ ref('fct_orders') }}
)

select
    orders.order_id,
    orders.items_brl as order_items_brl,
    items.items_brl
from orders
left join items on orders.order_id = items.order_id
where orders.items_brl <> coalesce(items.items_brl, 0)
