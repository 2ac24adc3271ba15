{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='lead_id',
    partitioned_by=['month(contacted_at)'],
    update_condition=newer_version_condition(), on_schema_change='fail'
) }}

with marketing_leads as (
    select * from {{ source('marketing', 'marketing_leads') }}
    where {{ landed_since_run_date() }}
),

versions as (
    {{ winning_version(
        'marketing_leads', ['lead_id'], ['updated_at desc', '_source_sequence desc']
    ) | indent(4) }}
),

standard as (
    select
        *,
        {{ email_address('contact_email') }} as standard_email,
        {{ phone_number('contact_phone') }} as standard_phone,
        {{ cnpj_number('company_cnpj') }} as standard_cnpj
    from versions
    where _version_rank = 1
)

select
    lead_id,
    seller_id,
    landing_page_id,

    lower(trim(lead_status)) as lead_status,
    lower(trim(origin)) as origin,
    lower(trim(business_segment)) as business_segment,
    nullif(trim(contact_name), '') as contact_name,
    standard_email as contact_email,
    standard_phone as contact_phone,
    standard_cnpj as company_cnpj,
    {{ br_date('contacted_at') }} as contact_date_br,
    {{ is_mistyped('contact_email', 'standard_email') }} as is_email_mistyped,
    {{ is_mistyped('contact_phone', 'standard_phone') }} as is_phone_mistyped,
    {{ is_mistyped('company_cnpj', 'standard_cnpj') }} as is_cnpj_mistyped,

    cast(contacted_at as {{ instant_type() }}) as contacted_at,
    cast(qualified_at as {{ instant_type() }}) as qualified_at,
    cast(won_at as {{ instant_type() }}) as won_at,
    cast(lost_at as {{ instant_type() }}) as lost_at,
    cast(updated_at as {{ instant_type() }}) as updated_at,

    _source_sequence,
    ingest_date as _landed_date,
    _run_id
from standard
