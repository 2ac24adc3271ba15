-- A returned row is a version that ends before it begins, or not where the next one of its key
-- begins, or the last one of a key, when it has an end.
{{ config(meta={'scan': 'dimension'}) }}

with versions as (
    select
        'customers' as history,
        customer_id as member_id,
        dbt_valid_from,
        dbt_valid_to
    from {{ ref('snp_customers') }}
    union all
    select
        'sellers' as history,
        seller_id as member_id,
        dbt_valid_from,
        dbt_valid_to
    from {{ ref('snp_sellers') }}
    union all
    select
        'products' as history,
        product_id as member_id,
        dbt_valid_from,
        dbt_valid_to
    from {{ ref('snp_products') }}
),

followed as (
    select
        *,
        lead(dbt_valid_from) over (
            partition by history, member_id
            order by dbt_valid_from
        ) as next_valid_from
    from versions
)

select *
from followed
where
    dbt_valid_to is distinct from next_valid_from
    or dbt_valid_to <= dbt_valid_from
