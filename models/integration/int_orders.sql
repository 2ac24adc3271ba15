{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='order_id',
    partitioned_by=['month(created_at)'],
    update_condition=newer_version_condition(), on_schema_change='fail',
    merge_update_columns_rules={
        '_purchased_from': 'least(_new_, _old_)', '_purchased_until': 'greatest(_new_, _old_)'
    }
) }}

with orders as (
    select
        *,
        {{ newest_by_day('order_purchase_timestamp', 'order_id') | indent(4) }} as purchased_then
    from {{ source('order_management', 'orders') }}
    where {{ landed_since_run_date() }}
),

{# In these months facts had the order. #}
spans as (
    select
        *,
        min(purchased_then) over (partition by order_id) as purchased_from,
        max(purchased_then) over (partition by order_id) as purchased_until
    from orders
),

versions as (
    {{ winning_version(
        'spans', ['order_id'],
        ['updated_at desc', '_source_sequence desc', 'ingest_date desc']
    ) | indent(4) }}
)

select
    order_id,
    customer_id,

    lower(trim(order_status)) as order_status,
    {{ br_date('order_purchase_timestamp') }} as purchase_date_br,
    {{ br_date('order_delivered_customer_date') }} as delivered_date_br,
    {{ br_date('order_estimated_delivery_date') }} as estimated_delivery_date,
    deleted_at is not null as is_deleted,

    cast(order_purchase_timestamp as {{ instant_type() }}) as purchased_at,
    cast(order_approved_at as {{ instant_type() }}) as approved_at,
    cast(order_delivered_carrier_date as {{ instant_type() }}) as delivered_to_carrier_at,
    cast(order_delivered_customer_date as {{ instant_type() }}) as delivered_at,
    cast(created_at as {{ instant_type() }}) as created_at,
    cast(updated_at as {{ instant_type() }}) as updated_at,
    cast(deleted_at as {{ instant_type() }}) as deleted_at,

    cast(purchased_from as {{ instant_type() }}) as _purchased_from,
    cast(purchased_until as {{ instant_type() }}) as _purchased_until,
    _source_sequence,
    ingest_date as _landed_date,
    _run_id
from versions
where _version_rank = 1
