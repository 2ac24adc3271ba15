{{ config(materialized='table') }}

with sellers as (
    select * from {{ ref('int_sellers') }}
),

states as (
    select * from {{ ref('seed_br_states') }}
)

select
    sellers.seller_id,

    sellers.city,
    sellers.state,
    states.state_name,
    states.region,
    sellers.zip_code_prefix,
    sellers.is_active
from sellers
left join states on sellers.state = states.state
