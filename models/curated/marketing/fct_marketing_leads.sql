{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='lead_id',
    partitioned_by=['month(contacted_at)'],
    meta={'months_from': 'int_marketing_leads'},
    on_schema_change='fail'
) }}

with leads as (
    select * from {{ ref('int_marketing_leads') }}
    {% if is_incremental() %} where _landed_date >= date '{{ var("run_date") }}' {% endif %}
)

select
    lead_id,
    {{ member_key('seller_id') }} as seller_key,
    seller_id,

    lead_status,
    coalesce(origin, 'unknown') as origin,
    business_segment,
    contact_date_br,
    {{ month_start('contact_date_br') }} as contact_month,
    qualified_at is not null as is_qualified,
    won_at is not null as is_won,

    cast(contacted_at as {{ instant_type() }}) as contacted_at,
    cast(qualified_at as {{ instant_type() }}) as qualified_at,
    cast(won_at as {{ instant_type() }}) as won_at,
    cast(lost_at as {{ instant_type() }}) as lost_at
from leads
