{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='event_id',
    partitioned_by=['month(_order_created_at)'],
    update_condition=first_delivery_condition(), on_schema_change='fail'
) }}

{# An event is told again at another offset, on the same day or later: the first telling counts. #}
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
    {% if is_incremental() %}
        union all
        {# Those that came before their order, which this run has found. #}
        select
            event_id,
            order_id,

            event_type,
            event_date_br,
            kafka_partition,
            kafka_offset,

            occurred_at,
            recorded_at,

            _source_sequence,
            _landed_date,
            _run_id
        from {{ this }}
        where
            _order_created_at is null
            and order_id in (select orders.order_id from orders)
    {% endif %}
),

versions as (
    {{ winning_version(
        'delivered', ['event_id'], ['_landed_date', '_source_sequence']
    ) | indent(4) }}
)

select
    versions.event_id,
    versions.order_id,

    versions.event_type,
    versions.event_date_br,
    versions.kafka_partition,
    versions.kafka_offset,

    versions.occurred_at,
    versions.recorded_at,

    versions._source_sequence,
    versions._landed_date,
    versions._run_id,
    orders.created_at as _order_created_at
from versions
left join orders on versions.order_id = orders.order_id
where versions._version_rank = 1
