{{ config(materialized='table') }}

with inferred as (
    {{ inferred_members('seller') | indent(4) }}
),

states as (
    select * from {{ ref('seed_br_states') }}
),

places as (
    select * from {{ ref('dim_geography') }}
),

{# Sellers of the catalogue; those that items or leads name and no catalogue had; and nobody. #}
sellers as (
    select
        seller_id,
        city,
        state,
        zip_code_prefix,
        is_active,
        false as is_inferred
    from {{ ref('int_sellers') }}
    union all
    select
        member_id as seller_id,
        cast(null as varchar) as city,
        cast(null as varchar) as state,
        cast(null as varchar) as zip_code_prefix,
        false as is_active,
        true as is_inferred
    from inferred
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
    sellers.is_inferred,

    places.latitude,
    places.longitude
from sellers
left join states on sellers.state = states.state
left join places on sellers.zip_code_prefix = places.zip_code_prefix
