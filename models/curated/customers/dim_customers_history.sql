{{ config(materialized='table') }}

with versions as (
    select * from {{ ref('snp_customers') }}
),

states as (
    select * from {{ ref('seed_br_states') }}
)

select
    versions.dbt_scd_id as customer_version_key,
    {{ member_key('versions.customer_unique_id') }} as customer_key,
    versions.customer_id,

    versions.city,
    versions.state,
    states.state_name,
    states.region,
    versions.zip_code_prefix,
    versions.is_deleted,
    versions.dbt_valid_to is null as is_current,

    cast(versions.dbt_valid_from as {{ instant_type() }}) as valid_from,
    cast(versions.dbt_valid_to as {{ instant_type() }}) as valid_to
from versions
left join states on versions.state = states.state
