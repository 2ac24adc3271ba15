{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'payment_sequence'],
    partitioned_by=['month(_order_created_at)'],
    update_condition=newer_version_condition(), on_schema_change='fail'
) }}

{% set columns = [
    'order_id', 'payment_sequence', 'payment_type', 'installments', 'currency', 'amount',
    'updated_at', '_source_sequence', '_landed_date', '_run_id'
] %}

with payments as (
    select * from {{ source('payment_gateway', 'payments') }}
    where {{ landed_since_run_date() }}
),

orders as (
    select * from {{ found_orders() }}
),

delivered as (
    select
        order_id,
        payment_sequential as payment_sequence,

        lower(trim(payment_type)) as payment_type,
        payment_installments as installments,

        upper(coalesce(nullif(trim(currency), ''), 'BRL')) as currency,
        cast(payment_value as decimal(18, 2)) as amount,

        cast(updated_at as {{ instant_type() }}) as updated_at,

        _source_sequence,
        ingest_date as _landed_date,
        _run_id
    from payments
    {{ rows_that_waited(columns) }}
),

versions as (
    {{ winning_version(
        'delivered', ['order_id', 'payment_sequence'],
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
