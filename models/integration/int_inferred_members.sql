{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['dimension', 'member_id'],
    delete_condition='src._is_deleted', on_schema_change='fail'
) }}

with named as (
    select
        'product' as dimension,
        product_id as member_id
    from {{ source('order_management', 'order_items') }}
    where {{ landed_since_run_date() }}
    union
    select
        'seller' as dimension,
        seller_id as member_id
    from {{ source('order_management', 'order_items') }}
    where {{ landed_since_run_date() }}
    union
    select
        'seller' as dimension,
        seller_id as member_id
    from {{ source('marketing', 'marketing_leads') }}
    where {{ landed_since_run_date() }}
    union
    select
        'payment_type' as dimension,
        lower(trim(payment_type)) as member_id
    from {{ source('payment_gateway', 'payments') }}
    where {{ landed_since_run_date() }}
),

known as (
    select
        'product' as dimension,
        product_id as member_id
    from {{ ref('int_products') }}
    union all
    select
        'seller' as dimension,
        seller_id as member_id
    from {{ ref('int_sellers') }}
    union all
    select
        'payment_type' as dimension,
        payment_type as member_id
    from {{ ref('seed_payment_types') }}
)

select
    named.dimension,
    named.member_id,

    false as _is_deleted
from named
left join known
    on named.dimension = known.dimension and named.member_id = known.member_id
where named.member_id is not null and known.member_id is null
{% if is_incremental() %}
    union all
    {# Who was inferred and is known by now is so no more. #}
    select
        inferred.dimension,
        inferred.member_id,

        true as _is_deleted
    from {{ this }} as inferred
    inner join known
        on inferred.dimension = known.dimension and inferred.member_id = known.member_id
{% endif %}
