{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a person, account without a person, product, seller or payment type that
-- integration knows and the dimension lacks: facts of any age may name it. So is a dimension that
-- lacks the row for what names nobody.
with known as (
    select
        'customer' as dimension,
        {{ member_key('customer_unique_id') }} as member_key
    from {{ ref('int_customers') }}
    union
    select
        'customer' as dimension,
        {{ member_key('customer_id') }} as member_key
    from {{ ref('int_orders__before_account') }}
    where account_landed_date is null
    union
    select
        'product' as dimension,
        {{ member_key('product_id') }} as member_key
    from {{ ref('int_products') }}
    union
    select
        'seller' as dimension,
        {{ member_key('seller_id') }} as member_key
    from {{ ref('int_sellers') }}
    union
    select
        dimension,
        {{ member_key('member_id') }} as member_key
    from {{ ref('int_inferred_members') }}
    union
    select
        nobody.dimension,
        'unknown' as member_key
    from (
        values 'customer', 'product', 'seller', 'payment_type', 'geography'
    ) as nobody (dimension)
),

shown as (
    select
        'customer' as dimension,
        customer_key as member_key
    from {{ ref('dim_customers') }}
    union all
    select
        'product' as dimension,
        product_key as member_key
    from {{ ref('dim_products') }}
    union all
    select
        'seller' as dimension,
        seller_key as member_key
    from {{ ref('dim_sellers') }}
    union all
    select
        'payment_type' as dimension,
        payment_type_key as member_key
    from {{ ref('dim_payment_types') }}
    union all
    select
        'geography' as dimension,
        geography_key as member_key
    from {{ ref('dim_geography') }}
)

select
    known.dimension,
    known.member_key
from known
left join shown
    on known.dimension = shown.dimension and known.member_key = shown.member_key
where shown.member_key is null
