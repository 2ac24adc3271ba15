{{ config(materialized='table') }}

{% set months = changed_months() %}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

orders as (
    select * from {{ ref('int_orders') }}
    where {{ months_condition("created_at", months.created_at) }}
),

customers as (
    select * from {{ ref('int_customers') }}
)

select
    customers.customer_id,
    max(customers.customer_unique_id) as customer_unique_id
from changed
inner join orders on changed.order_id = orders.order_id
inner join customers on orders.customer_id = customers.customer_id
group by customers.customer_id
