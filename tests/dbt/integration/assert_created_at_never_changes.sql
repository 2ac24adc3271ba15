-- A returned row is an order that landed since the run's date and is not once in int_orders, in the
-- month of its `created_at`, from which int_changed_orders has it; or that landed with two of them,
-- which may never change.
{% set landed = landed_since(var("run_date")) %}

with raw_orders as (
    select
        order_id,
        count(distinct created_at) as created_count
    from {{ source('order_management', 'orders') }}
    where {{ landed }}
    group by order_id
),

orders as (
    select
        order_id,
        count(*) as row_count
    from {{ ref('int_changed_orders') }}
    group by order_id
)

select
    raw_orders.order_id,
    raw_orders.created_count,
    orders.row_count
from raw_orders
left join orders on raw_orders.order_id = orders.order_id
where raw_orders.created_count <> 1 or coalesce(orders.row_count, 0) <> 1
