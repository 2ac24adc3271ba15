{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'order_item_number'],
    partitioned_by=['month(purchased_at)'],
    meta={'months_from': 'int_changed_orders'},
    delete_condition='src._is_deleted', insert_condition='not src._is_deleted',
    on_schema_change='fail'
) }}

{% set months = changed_months() %}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

order_items as (
    select * from {{ ref('int_order_items') }}
    where {{ is_changed_order('_order_created_at', months.created_at) }}
),

orders as (
    select * from {{ found_orders() }}
)

select
    order_items.order_id,
    order_items.order_item_number,
    {{ member_key('order_items.product_id') }} as product_key,
    order_items.product_id,
    {{ member_key('order_items.seller_id') }} as seller_key,
    order_items.seller_id,

    orders.purchase_date_br,

    order_items.price_brl,
    order_items.freight_brl,

    cast(orders.purchased_at as {{ instant_type() }}) as purchased_at,
    cast(order_items.shipping_limit_at as {{ instant_type() }}) as shipping_limit_at,

    orders.is_deleted or order_items.is_deleted as _is_deleted
from order_items
inner join orders on order_items.order_id = orders.order_id
{% if not is_incremental() %}
    where not (orders.is_deleted or order_items.is_deleted)
{% endif %}
