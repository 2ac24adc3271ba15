{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='seller_id',
    update_condition=newer_delivery_condition(), on_schema_change='fail'
) }}

with sellers as (
    select * from {{ source('catalogue', 'sellers') }}
    where {{ landed_since_run_date() }}
),

newest_snapshot as (
    select max(ingest_date) as ingest_date from sellers
),

versions as (
    {{ winning_version(
        'sellers', ['seller_id'], ['ingest_date desc', '_source_sequence desc']
    ) | indent(4) }}
),

delivered as (
    select
        versions.seller_id,

        nullif(trim(versions.seller_name), '') as seller_name,
        nullif(regexp_replace(versions.seller_cnpj, '[^0-9]', ''), '') as seller_cnpj,
        trim(versions.seller_city) as city,
        upper(trim(versions.seller_state)) as state,
        lpad(trim(versions.seller_zip_code_prefix), 5, '0') as zip_code_prefix,
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
        known.seller_id,

        known.seller_name,
        known.seller_cnpj,
        known.city,
        known.state,
        known.zip_code_prefix,
        false as is_active,

        known._source_sequence,
        newest_snapshot.ingest_date as _landed_date,
        known._run_id
    from {{ this }} as known
    cross join newest_snapshot
    where
        known.is_active
        and known._landed_date <= newest_snapshot.ingest_date
        and known.seller_id not in (select delivered.seller_id from delivered)
{% endif %}
