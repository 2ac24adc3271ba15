{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='seller_id',
    on_schema_change='fail'
) }}

with sellers as (
    select * from {{ source('catalogue', 'sellers') }}
    where {{ lists_since_run_date() }}
),

lists as (
    {{ list_dates('sellers') | indent(4) }}
),

versions as (
    {{ winning_version(
        'sellers', ['seller_id'], ['ingest_date desc', '_source_sequence desc']
    ) | indent(4) }}
),

standard as (
    select
        *,
        {{ cnpj_number('seller_cnpj') }} as standard_cnpj
    from versions
    where _version_rank = 1
),

delivered as (
    select
        standard.seller_id,

        nullif(trim(standard.seller_name), '') as seller_name,
        standard.standard_cnpj as seller_cnpj,
        trim(standard.seller_city) as city,
        {{ state_code('standard.seller_state') }} as state,
        {{ zip_code_prefix('standard.seller_zip_code_prefix') }} as zip_code_prefix,
        {{ is_mistyped('standard.seller_cnpj', 'standard.standard_cnpj') }} as is_cnpj_mistyped,
        lists.next_date is null as is_active,

        standard._source_sequence,
        coalesce(lists.next_date, standard.ingest_date) as _landed_date,
        standard._run_id
    from standard
    inner join lists on standard.ingest_date = lists.ingest_date
)

select * from delivered
{% if is_incremental() %}
    union all
    {# A full list deletes by absence: what is known and was not delivered is kept, inactive. #}
    select
        known.seller_id,

        known.seller_name,
        known.seller_cnpj,
        known.city,
        known.state,
        known.zip_code_prefix,
        known.is_cnpj_mistyped,
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
        and known.seller_id not in (select delivered.seller_id from delivered)
{% endif %}
