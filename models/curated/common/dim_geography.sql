{{ config(materialized='table') }}

with places as (
    select * from {{ ref('int_geolocation') }}
),

states as (
    select * from {{ ref('seed_br_states') }}
)

select
    {{ member_key('places.zip_code_prefix') }} as geography_key,
    places.zip_code_prefix,

    places.city,
    places.state,
    states.state_name,
    states.region,

    places.latitude,
    places.longitude,
    cast(places.point_count as integer) as point_count
from places
left join states on places.state = states.state
union all
{# Who has a postal code that no list knows joins this one. #}
select
    'unknown' as geography_key,
    cast(null as varchar) as zip_code_prefix,

    cast(null as varchar) as city,
    cast(null as varchar) as state,
    cast(null as varchar) as state_name,
    cast(null as varchar) as region,

    null as latitude,
    null as longitude,
    0 as point_count
