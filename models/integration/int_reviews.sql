{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['review_id', 'order_id'],
    update_condition=newer_delivery_condition(), on_schema_change='fail'
) }}

with reviews as (
    select * from {{ source('customer_service', 'reviews') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'reviews', ['review_id', 'order_id'], ['ingest_date desc', '_source_sequence desc']
    ) | indent(4) }}
)

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
from versions
where _version_rank = 1
