{{ config(materialized='table') }}

with products as (
    select * from {{ ref('int_products') }}
),

translations as (
    select * from {{ ref('int_category_translations') }}
),

inferred as (
    {{ inferred_members('product') | indent(4) }}
)

select
    {{ member_key('products.product_id') }} as product_key,
    products.product_id,

    products.category_name_pt,
    translations.category_name_en,
    products.is_active,
    false as is_inferred,

    products.photo_count,
    products.weight_g,
    products.length_cm,
    products.height_cm,
    products.width_cm
from products
left join translations on products.category_name_pt = translations.category_name_pt
union all
{# Products that items name and no catalogue had, and the one that stands for none. #}
select
    {{ member_key('member_id') }} as product_key,
    member_id as product_id,

    cast(null as varchar) as category_name_pt,
    cast(null as varchar) as category_name_en,
    false as is_active,
    true as is_inferred,

    cast(null as integer) as photo_count,
    cast(null as integer) as weight_g,
    cast(null as integer) as length_cm,
    cast(null as integer) as height_cm,
    cast(null as integer) as width_cm
from inferred
