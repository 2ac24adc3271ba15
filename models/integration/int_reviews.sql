{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['review_id', 'order_id'],
    partitioned_by=['month(_order_created_at)'],
    update_condition=newer_delivery_condition(), on_schema_change='fail'
) }}

{% set columns = [
    'review_id', 'order_id', 'review_score', 'comment_title', 'comment_message', 'created_at',
    'answered_at', '_source_sequence', '_landed_date', '_run_id'
] %}

with reviews as (
    select * from {{ source('customer_service', 'reviews') }}
    where {{ landed_since_run_date() }}
),

orders as (
    select * from {{ found_orders() }}
),

delivered as (
    select
        review_id,
        order_id,

        review_score,
        nullif(trim(review_comment_title), '') as comment_title,
        nullif(trim(review_comment_message), '') as comment_message,

        cast(review_creation_date as {{ instant_type() }}) as created_at,
        cast(review_answer_timestamp as {{ instant_type() }}) as answered_at,

        _source_sequence,
        ingest_date as _landed_date,
        _run_id
    from reviews
    {{ rows_that_waited(columns) }}
),

versions as (
    {{ winning_version(
        'delivered', ['review_id', 'order_id'], ['_landed_date desc', '_source_sequence desc']
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
