{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='event_id',
    partitioned_by=['month(recorded_at)'],
    update_condition=first_delivery_condition(), on_schema_change='fail'
) }}

{# An event is told again at another offset, on the same day or later: the first telling counts. #}
with order_events as (
    select * from {{ source('events', 'order_events') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'order_events', ['event_id'], ['ingest_date', '_source_sequence']
    ) | indent(4) }}
)

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
from versions
where _version_rank = 1
