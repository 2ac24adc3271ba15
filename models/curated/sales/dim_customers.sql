{{ config(materialized='table') }}

with customers as (
    select * from {{ ref('int_customers') }}
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
    {{ surrogate_key(['accounts.customer_unique_id']) }} as customer_key,
    accounts.customer_unique_id,

    accounts.city,
    accounts.state,
    states.state_name,
    states.region,
    accounts.zip_code_prefix,
    not accounts.is_deleted as is_active,

    accounts.updated_at
from accounts
left join states on accounts.state = states.state
where accounts._version_rank = 1
