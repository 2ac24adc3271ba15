-- A returned row is an order that landed in raw and has no row in int_orders.
with raw_orders as (
    select distinct order_id from {{ source('order_management', 'orders') }}
    where {{ landed_since(var("run_date")) }}
),

orders as (
    select order_id from {{ ref('int_orders') }}
)

select raw_orders.order_id
from raw_orders
left join orders on raw_orders.order_id = orders.order_id
where orders.order_id is null
