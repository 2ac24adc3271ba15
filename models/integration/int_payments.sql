{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'payment_sequence'],
    partitioned_by=['bucket(order_id, 4)'],
    update_condition=newer_version_condition(), on_schema_change='fail'
) }}

with payments as (
    select * from {{ source('payment_gateway', 'payments') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'payments',
        ['order_id', 'payment_sequential'],
        ['updated_at desc', '_source_sequence desc']
    ) | indent(4) }}
)

select
    order_id,
    payment_sequential as payment_sequence,

    lower(trim(payment_type)) as payment_type,
    payment_installments as installments,

    cast(payment_value as decimal(18, 2)) as amount_brl,

    cast(updated_at as {{ instant_type() }}) as updated_at,

    _source_sequence,
    ingest_date as _landed_date,
    _run_id
from versions
where _version_rank = 1
