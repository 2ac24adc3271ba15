{{ config(materialized='table') }}

with customers as (
    select * from {{ ref('int_customers') }}
),

places as (
    select * from {{ ref('dim_geography') }}
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

{# A person shows the newest account that is not deleted, or the newest one when all are. #}
accounts as (
    {{ winning_version(
        'customers',
        ['customer_unique_id'],
        ['is_deleted', 'updated_at desc', 'customer_id desc']
    ) | indent(4) }}
)

select
    {{ member_key('accounts.customer_unique_id') }} as customer_key,
    accounts.customer_unique_id,
    coalesce(places.geography_key, 'unknown') as geography_key,

    accounts.city,
    accounts.state,
    states.state_name,
    states.region,
    accounts.zip_code_prefix,
    not accounts.is_deleted as is_active,
    false as is_inferred,

    accounts.updated_at
from accounts
left join states on accounts.state = states.state
left join places on accounts.zip_code_prefix = places.zip_code_prefix
where accounts._version_rank = 1
union all
{# The row without an account stands for orders that name none. #}
select
    {{ member_key('customer_id') }} as customer_key,
    cast(null as varchar) as customer_unique_id,
    'unknown' as geography_key,

    cast(null as varchar) as city,
    cast(null as varchar) as state,
    cast(null as varchar) as state_name,
    cast(null as varchar) as region,
    cast(null as varchar) as zip_code_prefix,
    false as is_active,
    true as is_inferred,

    cast(null as {{ instant_type() }}) as updated_at
from inferred
