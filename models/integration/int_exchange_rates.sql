{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key=['currency', 'rate_date'],
    update_condition=newer_version_condition(), on_schema_change='fail'
) }}

with exchange_rates as (
    select * from {{ source('payment_gateway', 'exchange_rates') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'exchange_rates', ['currency', 'rate_date'], ['updated_at desc', '_source_sequence desc']
    ) | indent(4) }}
)

select
    upper(trim(currency)) as currency,
    rate_date,

    brl_per_unit,

    cast(updated_at as {{ instant_type() }}) as updated_at,

    _source_sequence,
    ingest_date as _landed_date,
    _run_id
from versions
where _version_rank = 1
