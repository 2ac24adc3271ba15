{{ config(materialized='table') }}

with leads as (
    select * from {{ ref('fct_marketing_leads') }}
)

select
    contact_month,
    origin,

    cast(count(*) as integer) as lead_count,
    cast(count_if(is_qualified) as integer) as qualified_count,
    cast(count_if(is_won) as integer) as won_count,
    cast(count_if(has_sold) as integer) as sold_count
from leads
group by contact_month, origin
