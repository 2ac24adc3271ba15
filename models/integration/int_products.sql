{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='product_id',
    on_schema_change='fail'
) }}

with products as (
    select * from {{ source('catalogue', 'products') }}
    where {{ lists_since_run_date() }}
),

lists as (
    {{ list_dates('products') | indent(4) }}
),

versions as (
    {{ winning_version(
        'products', ['product_id'], ['ingest_date desc', '_source_sequence desc']
    ) | indent(4) }}
),

delivered as (
    select
        versions.product_id,

        nullif(trim(versions.product_category_name), '') as category_name_pt,
        versions.product_photos_qty as photo_count,
        versions.product_weight_g as weight_g,
        versions.product_length_cm as length_cm,
        versions.product_height_cm as height_cm,
        versions.product_width_cm as width_cm,
        lists.next_date is null as is_active,

        versions._source_sequence,
        coalesce(lists.next_date, versions.ingest_date) as _landed_date,
        versions._run_id
    from versions
    inner join lists on versions.ingest_date = lists.ingest_date
    where versions._version_rank = 1
)

select * from delivered
{% if is_incremental() %}
    union all
    {# A full list deletes by absence: what is known and was not delivered is kept, inactive. #}
    select
        known.product_id,

        known.category_name_pt,
        known.photo_count,
        known.weight_g,
        known.length_cm,
        known.height_cm,
        known.width_cm,
        false as is_active,

        known._source_sequence,
        lists.ingest_date as _landed_date,
        known._run_id
    from {{ this }} as known
    inner join lists on lists.previous_date is null
    where
        (
            (known.is_active and known._landed_date <= lists.ingest_date)
            or (not known.is_active and known._landed_date > lists.ingest_date)
        )
        and known.product_id not in (select delivered.product_id from delivered)
{% endif %}
