{{ config(materialized='table') }}

{# The orders that something of this run's landings touched: themselves, their customer's account,
   an item, a payment, a review. Facts rebuild these and no others. #}
{% set landed = "_landed_date >= date '" ~ var("run_date") ~ "'" %}

with changed as (
    select order_id from {{ ref('int_orders') }}
    where {{ landed }}
    union
    select order_id from {{ ref('int_order_items') }}
    where {{ landed }}
    union
    select order_id from {{ ref('int_payments') }}
    where {{ landed }}
    union
    select order_id from {{ ref('int_reviews') }}
    where {{ landed }}
    union
    select orders.order_id from {{ ref('int_orders') }} as orders
    inner join {{ ref('int_customers') }} as customers on orders.customer_id = customers.customer_id
    where customers.{{ landed }}
),

orders as (
    select * from {{ ref('int_orders') }}
)

select
    orders.order_id,

    {# A corrected purchase may have taken rows of facts to any month that the order ever had. #}
    sequence(
        cast(date_trunc('month', orders._purchased_from) as date),
        cast(date_trunc('month', orders._purchased_until) as date),
        interval '1' month
    ) as partition_months
from orders
inner join changed on orders.order_id = changed.order_id
