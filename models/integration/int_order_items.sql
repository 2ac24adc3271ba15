{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'order_item_number'],
    partitioned_by=['bucket(order_id, 4)'],
    update_condition=newer_version_condition(), on_schema_change='fail'
) }}

with order_items as (
    select * from {{ source('order_management', 'order_items') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'order_items',
        ['order_id', 'order_item_id'],
        ['updated_at desc', '_source_sequence desc']
    ) | indent(4) }}
)

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
from versions
where _version_rank = 1
