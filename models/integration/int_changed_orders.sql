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
    orders.customer_id,

    orders.order_status,
    orders.purchase_date_br,
    orders.delivered_date_br,
    orders.estimated_delivery_date,
    orders.is_deleted,

    cast(orders.purchased_at as {{ instant_type() }}) as purchased_at,
    cast(orders.approved_at as {{ instant_type() }}) as approved_at,
    cast(orders.delivered_to_carrier_at as {{ instant_type() }}) as delivered_to_carrier_at,
    cast(orders.delivered_at as {{ instant_type() }}) as delivered_at,
    cast(orders.created_at as {{ instant_type() }}) as created_at,
    cast(orders._purchased_from as {{ instant_type() }}) as purchased_from,
    cast(orders._purchased_until as {{ instant_type() }}) as purchased_until
from orders
inner join named on orders.order_id = named.order_id
