{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='category_name_pt',
    update_condition=newer_delivery_condition(), on_schema_change='fail'
) }}

with category_translations as (
    select * from {{ source('catalogue', 'category_translations') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'category_translations',
        ['product_category_name'],
        ['ingest_date desc', '_source_sequence desc']
    ) | indent(4) }}
)

select
    trim(product_category_name) as category_name_pt,

    trim(product_category_name_english) as category_name_en,

    _source_sequence,
    ingest_date as _landed_date,
    _run_id
from versions
where _version_rank = 1
