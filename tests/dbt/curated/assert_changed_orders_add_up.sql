-- A returned row is an order, in the months of those that the run changed, that the facts hold more
-- than once or with sums that differ among them.
{% set months = changed_months().purchased_at %}

with items as (
    select
        order_id,
        count(*) as item_count,
        sum(price_brl) as items_brl
    from {{ ref('fct_order_items') }}
    where {{ months_condition("purchased_at", months) }}
    group by order_id
),

payments as (
    select
        order_id,
        sum(amount_brl) as payments_brl
    from {{ ref('fct_payments') }}
    where {{ months_condition("purchased_at", months) }}
    group by order_id
),

orders as (
    select
        order_id,
        count(*) as row_count,
        sum(item_count) as item_count,
        sum(items_brl) as items_brl,
        sum(payments_brl) as payments_brl
    from {{ ref('fct_orders') }}
    where {{ months_condition("purchased_at", months) }}
    group by order_id
)

select
    coalesce(orders.order_id, items.order_id, payments.order_id) as order_id,
    orders.row_count,
    orders.items_brl as order_items_brl,
    items.items_brl,
    orders.payments_brl as order_payments_brl,
    payments.payments_brl
from orders
full outer join items on orders.order_id = items.order_id
full outer join payments on coalesce(orders.order_id, items.order_id) = payments.order_id
where
    coalesce(orders.row_count, 0) <> 1
    or orders.item_count <> coalesce(items.item_count, 0)
    or orders.items_brl <> coalesce(items.items_brl, 0)
    or orders.payments_brl <> coalesce(payments.payments_brl, 0)
