{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is an account whose newest version is not what int_customers shows, or a version
-- that does not begin when it became visible at the source.
with versions as (
    select
        customer_id,
        customer_unique_id,
        state,
        is_deleted,
        updated_at,
        dbt_valid_from,
        row_number() over (partition by customer_id order by dbt_valid_from desc) as age_rank
    from {{ ref('snp_customers') }}
),

accounts as (
    select * from {{ ref('int_customers') }}
)

select
    accounts.customer_id,
    versions.dbt_valid_from,
    accounts.updated_at
from accounts
left join versions on accounts.customer_id = versions.customer_id
where
    versions.customer_id is null
    or versions.dbt_valid_from <> versions.updated_at
    or (
        versions.age_rank = 1
        and (
            versions.updated_at <> accounts.updated_at
            or versions.is_deleted <> accounts.is_deleted
            or versions.customer_unique_id <> accounts.customer_unique_id
            or versions.state is distinct from accounts.state
        )
    )
