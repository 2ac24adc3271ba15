{{ config(materialized='table') }}

with products as (
    select * from {{ ref('int_products') }}
),

translations as (
    select * from {{ ref('int_category_translations') }}
)

select
    products.product_id,

    products.category_name_pt,
    translations.category_name_en,
    products.is_active,

    products.photo_count,
    products.weight_g,
    products.length_cm,
    products.height_cm,
    products.width_cm
from products
left join translations on products.category_name_pt = translations.category_name_pt
