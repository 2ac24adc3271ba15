{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['event_id', 'order_id'],
    partitioned_by=['month(_order_created_at)'],
    update_condition=first_delivery_condition(), on_schema_change='fail'
) }}

{% set columns = [
    'event_id', 'order_id', 'event_type', 'event_date_br', 'kafka_partition', 'kafka_offset',
    'occurred_at', 'recorded_at', '_source_sequence', '_landed_date', '_run_id'
] %}

{# An event is told again at another offset, on the same day or later: the first telling counts.
   One that is told of two orders is an event of each. #}
with order_events as (
    select * from {{ source('events', 'order_events') }}
    where {{ landed_since_run_date() }}
),

orders as (
    select * from {{ found_orders() }}
),

delivered as (
    select
        event_id,
        order_id,

        lower(trim(event_type)) as event_type,
        {{ br_date('occurred_at') }} as event_date_br,
        kafka_partition,
        kafka_offset,

        cast(occurred_at as {{ instant_type() }}) as occurred_at,
        cast(recorded_at as {{ instant_type() }}) as recorded_at,

        _source_sequence,
        ingest_date as _landed_date,
        _run_id
    from order_events
    {{ rows_that_waited(columns) }}
),

versions as (
    {{ winning_version(
        'delivered', ['event_id', 'order_id'], ['_landed_date', '_source_sequence']
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
