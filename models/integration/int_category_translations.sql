{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='category_name_pt',
    update_condition=newer_delivery_condition(), on_schema_change='fail'
) }}

{# In standard form before versions are compared: the key is the name, however it is typed. #}
with standard as (
    select
        trim(product_category_name) as category_name_pt,

        trim(product_category_name_english) as category_name_en,

        _source_sequence,
        ingest_date as _landed_date,
        _run_id
    from {{ source('catalogue', 'category_translations') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'standard', ['category_name_pt'], ['_landed_date desc', '_source_sequence desc']
    ) | indent(4) }}
)

select
    category_name_pt,

    category_name_en,

    _source_sequence,
    _landed_date,
    _run_id
from versions
where _version_rank = 1
