{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='zip_code_prefix',
    update_condition='src._landed_date >= target._landed_date', on_schema_change='fail'
) }}

with delivered as (
    select
        {{ zip_code_prefix('geolocation_zip_code_prefix') }} as zip_code_prefix,
        geolocation_lat as latitude,
        geolocation_lng as longitude,
        trim(geolocation_city) as city,
        {{ state_code('geolocation_state') }} as state,
        {{ is_in_brazil('geolocation_lat', 'geolocation_lng') }} as is_in_brazil,
        ingest_date,
        _run_id
    from {{ source('postal', 'geolocation') }}
    where {{ landed_since_run_date() }}
),

{# A list replaces the points of the prefixes that it has; a prefix that left it keeps its last. #}
points as (
    select
        *,
        max(ingest_date) over (partition by zip_code_prefix) as newest_date
    from delivered
),

places as (
    select
        zip_code_prefix,
        state,
        city,
        row_number() over (
            partition by zip_code_prefix
            order by count(*) desc, state asc, city asc
        ) as place_rank
    from points
    where ingest_date = newest_date
    group by zip_code_prefix, state, city
),

{# The lower median of each axis is a coordinate that somebody measured, whatever lies astray. #}
centres as (
    select
        zip_code_prefix,
        count_if(is_in_brazil) as point_count,
        array_sort(array_agg(latitude) filter (where is_in_brazil)) as latitudes,
        array_sort(array_agg(longitude) filter (where is_in_brazil)) as longitudes,
        max(ingest_date) as ingest_date,
        max(_run_id) as _run_id
    from points
    where ingest_date = newest_date
    group by zip_code_prefix
)

select
    centres.zip_code_prefix,

    cast(element_at(centres.latitudes, (cardinality(centres.latitudes) + 1) / 2) as decimal(9, 6))
        as latitude,
    cast(element_at(centres.longitudes, (cardinality(centres.longitudes) + 1) / 2) as decimal(9, 6))
        as longitude,
    places.city,
    places.state,
    cast(centres.point_count as integer) as point_count,

    centres.ingest_date as _landed_date,
    centres._run_id
from centres
inner join places on centres.zip_code_prefix = places.zip_code_prefix
where places.place_rank = 1
