{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='lead_id',
    update_condition=newer_version_condition(), on_schema_change='fail',
    merge_update_columns_rules={
        '_contacted_from': 'least(_new_, _old_)', '_contacted_until': 'greatest(_new_, _old_)'
    }
) }}

with marketing_leads as (
    select
        *,
        {{ newest_by_day('contacted_at', 'lead_id') | indent(4) }} as contacted_then
    from {{ source('marketing', 'marketing_leads') }}
    where {{ landed_since_run_date() }}
),

{# In these months the fact had the lead. #}
spans as (
    select
        *,
        min(contacted_then) over (partition by lead_id) as contacted_from,
        max(contacted_then) over (partition by lead_id) as contacted_until
    from marketing_leads
),

versions as (
    {{ winning_version(
        'spans', ['lead_id'],
        ['updated_at desc', '_source_sequence desc', 'ingest_date desc']
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

    cast(contacted_from as {{ instant_type() }}) as _contacted_from,
    cast(contacted_until as {{ instant_type() }}) as _contacted_until,
    _source_sequence,
    ingest_date as _landed_date,
    _run_id
from standard
