{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a list's points of a prefix, of what landed, that int_geolocation does not
-- count: it lacks the prefix, shows an older list of it, or counts other points of this list.
with landed as (
    select
        {{ zip_code_prefix('geolocation_zip_code_prefix') }} as zip_code_prefix,
        ingest_date as landed_date,
        count_if({{ is_in_brazil('geolocation_lat', 'geolocation_lng') }}) as point_count
    from {{ source('postal', 'geolocation') }}
    where {{ landed_since(var("run_date")) }}
    group by 1, 2
),

kept as (
    select * from {{ ref('int_geolocation') }}
)

select
    landed.zip_code_prefix,
    landed.landed_date,
    landed.point_count as landed_count,
    kept._landed_date as kept_date,
    kept.point_count as kept_count
from landed
left join kept on landed.zip_code_prefix = kept.zip_code_prefix
where
    kept.zip_code_prefix is null
    or kept._landed_date < landed.landed_date
    or (kept._landed_date = landed.landed_date and kept.point_count <> landed.point_count)
