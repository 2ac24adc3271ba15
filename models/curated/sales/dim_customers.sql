{{ config(materialized='table') }}

{# Built weekly, after its first time: a segment stays as it was last scored. #}
{% set scores = ref('agg_customer_rfm') %}

with customers as (
    select * from {{ ref('int_customers') }}
),

{# Accounts that orders name and the source has not told of: whose they are is not known. #}
inferred as (
    select distinct customer_id
    from {{ ref('int_orders__before_account') }}
    where account_landed_date is null
    union all
    select cast(null as varchar) as customer_id
),

states as (
    select * from {{ ref('seed_br_states') }}
),

places as (
    select * from {{ ref('dim_geography') }}
),

segments as (
    {% if can_be_asked(scores) %}
        select
            customer_key,
            segment,
            scored_date
        from {{ scores }}
    {% else %}
        select
            cast(null as varchar) as customer_key,
            cast(null as varchar) as segment,
            cast(null as date) as scored_date
        where false
    {% endif %}
),

{# A person shows the newest account that is not deleted, or the newest one when all are. #}
accounts as (
    {{ winning_version(
        'customers',
        ['customer_unique_id'],
        ['is_deleted', 'updated_at desc', 'customer_id desc']
    ) | indent(4) }}
),

people as (
    select
        {{ member_key('customer_unique_id') }} as customer_key,
        customer_unique_id,
        city,
        state,
        zip_code_prefix,
        not is_deleted as is_active,
        false as is_inferred,
        updated_at
    from accounts
    where _version_rank = 1
    union all
    select
        {{ member_key('customer_id') }} as customer_key,
        cast(null as varchar) as customer_unique_id,
        cast(null as varchar) as city,
        cast(null as varchar) as state,
        cast(null as varchar) as zip_code_prefix,
        false as is_active,
        true as is_inferred,
        cast(null as {{ instant_type() }}) as updated_at
    from inferred
)

select
    people.customer_key,
    people.customer_unique_id,
    coalesce(places.geography_key, 'unknown') as geography_key,

    people.city,
    people.state,
    states.state_name,
    states.region,
    people.zip_code_prefix,
    people.is_active,
    people.is_inferred,
    segments.segment,
    segments.scored_date as segment_date,

    places.latitude,
    places.longitude,

    people.updated_at
from people
left join states on people.state = states.state
left join places on people.zip_code_prefix = places.zip_code_prefix
left join segments on people.customer_key = segments.customer_key
