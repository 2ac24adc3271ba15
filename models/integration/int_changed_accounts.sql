{{ config(materialized='table') }}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

customers as (
    select * from {{ ref('int_customers') }}
)

select
    customers.customer_id,
    max(customers.customer_unique_id) as customer_unique_id
from changed
inner join customers on changed.customer_id = customers.customer_id
group by customers.customer_id
