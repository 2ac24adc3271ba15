{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'order_item_number'],
    partitioned_by=['month(_order_created_at)'],
    update_condition=newer_version_condition(), on_schema_change='fail'
) }}

{% set columns = [
    'order_id', 'order_item_number', 'product_id', 'seller_id', 'is_deleted', 'price_brl',
    'freight_brl', 'shipping_limit_at', 'updated_at', 'deleted_at', '_source_sequence',
    '_landed_date', '_run_id'
] %}

with order_items as (
    select * from {{ source('order_management', 'order_items') }}
    where {{ landed_since_run_date() }}
),

orders as (
    select * from {{ found_orders() }}
),

delivered as (
    select
        order_id,
        order_item_id as order_item_number,
        product_id,
        seller_id,

        deleted_at is not null as is_deleted,

        cast(price as decimal(18, 2)) as price_brl,
        cast(freight_value as decimal(18, 2)) as freight_brl,

        cast(shipping_limit_date as {{ instant_type() }}) as shipping_limit_at,
        cast(updated_at as {{ instant_type() }}) as updated_at,
        cast(deleted_at as {{ instant_type() }}) as deleted_at,

        _source_sequence,
        ingest_date as _landed_date,
        _run_id
    from order_items
    {{ rows_that_waited(columns) }}
),

versions as (
    {{ winning_version(
        'delivered', ['order_id', 'order_item_number'],
        ['updated_at desc', '_source_sequence desc', '_landed_date desc']
    ) | indent(4) }}
)

select
    {% for column in columns -%}
        versions.{{ column }},
    {% endfor -%}
    orders.created_at as _order_created_at
from versions
left join orders on versions.order_id = orders.order_id
where versions._version_rank = 1
