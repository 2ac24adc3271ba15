{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a person, product or seller that integration knows and the dimension lacks.
with known as (
    select
        'person' as kind,
        customer_unique_id as member_id
    from {{ ref('int_customers') }}
    union
    select
        'product' as kind,
        product_id as member_id
    from {{ ref('int_products') }}
    union
    select
        'seller' as kind,
        seller_id as member_id
    from {{ ref('int_sellers') }}
),

shown as (
    select
        'person' as kind,
        customer_unique_id as member_id
    from {{ ref('dim_customers') }}
    union all
    select
        'product' as kind,
        product_id as member_id
    from {{ ref('dim_products') }}
    union all
    select
        'seller' as kind,
        seller_id as member_id
    from {{ ref('dim_sellers') }}
)

select
    known.kind,
    known.member_id
from known
left join shown on known.kind = shown.kind and known.member_id = shown.member_id
where shown.member_id is null
