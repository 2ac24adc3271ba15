{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='product_id',
    update_condition=newer_delivery_condition(), on_schema_change='fail'
) }}

with products as (
    select * from {{ source('catalogue', 'products') }}
    where {{ landed_since_run_date() }}
),

newest_snapshot as (
    select max(ingest_date) as ingest_date from products
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
        versions.ingest_date = newest_snapshot.ingest_date as is_active,

        versions._source_sequence,
        versions.ingest_date as _landed_date,
        versions._run_id
    from versions
    cross join newest_snapshot
    where versions._version_rank = 1
)

select * from delivered
{% if is_incremental() %}
    union all
    {# A full snapshot deletes by absence: what is known and was not delivered is kept, inactive. #}
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
        newest_snapshot.ingest_date as _landed_date,
        known._run_id
    from {{ this }} as known
    cross join newest_snapshot
    where
        known.is_active
        and known._landed_date <= newest_snapshot.ingest_date
        and known.product_id not in (select delivered.product_id from delivered)
{% endif %}
