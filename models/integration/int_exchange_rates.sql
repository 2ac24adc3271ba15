{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key=['currency', 'rate_date'],
    update_condition=newer_version_condition(), on_schema_change='fail'
) }}

{# In standard form before versions are compared: the key is the currency, however it is typed. #}
with standard as (
    select
        upper(trim(currency)) as currency,
        rate_date,

        brl_per_unit,

        cast(updated_at as {{ instant_type() }}) as updated_at,

        _source_sequence,
        ingest_date as _landed_date,
        _run_id
    from {{ source('payment_gateway', 'exchange_rates') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'standard', ['currency', 'rate_date'],
        ['updated_at desc', '_source_sequence desc', '_landed_date desc']
    ) | indent(4) }}
)

select
    currency,
    rate_date,

    brl_per_unit,

    updated_at,

    _source_sequence,
    _landed_date,
    _run_id
from versions
where _version_rank = 1
