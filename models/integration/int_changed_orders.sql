{{ config(materialized='table') }}

{% set months = months_of_named_orders(ref('int_named_orders'), ref('int_orders')) %}

with named as (
    select * from {{ ref('int_named_orders') }}
),

orders as (
    select * from {{ ref('int_orders') }}
    where {{ months_condition("created_at", months) }}
)

select
    orders.order_id,

    cast(orders.created_at as {{ instant_type() }}) as created_at,
    cast(orders._purchased_from as {{ instant_type() }}) as purchased_from,
    cast(orders._purchased_until as {{ instant_type() }}) as purchased_until
from orders
inner join named on orders.order_id = named.order_id
