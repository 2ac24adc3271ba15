{{ config(materialized='table') }}

with sellers as (
    select * from {{ ref('int_sellers') }}
),

states as (
    select * from {{ ref('seed_br_states') }}
),

places as (
    select * from {{ ref('dim_geography') }}
),

inferred as (
    {{ inferred_members('seller') | indent(4) }}
)

select
    {{ member_key('sellers.seller_id') }} as seller_key,
    sellers.seller_id,
    coalesce(places.geography_key, 'unknown') as geography_key,

    sellers.city,
    sellers.state,
    states.state_name,
    states.region,
    sellers.zip_code_prefix,
    sellers.is_active,
    false as is_inferred
from sellers
left join states on sellers.state = states.state
left join places on sellers.zip_code_prefix = places.zip_code_prefix
union all
{# Sellers that items or leads name and no catalogue had, and the one that stands for none. #}
select
    {{ member_key('member_id') }} as seller_key,
    member_id as seller_id,
    'unknown' as geography_key,

    cast(null as varchar) as city,
    cast(null as varchar) as state,
    cast(null as varchar) as state_name,
    cast(null as varchar) as region,
    cast(null as varchar) as zip_code_prefix,
    false as is_active,
    true as is_inferred
from inferred
