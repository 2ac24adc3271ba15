-- A returned row is a seller or product whose current version is missing, differs from what
-- integration shows, or begins on another day than that of the list that delivered it.
{{ config(meta={'scan': 'dimension'}) }}

select
    'seller' as kind,
    sellers.seller_id as member_id
from {{ ref('int_sellers') }} as sellers
left join {{ ref('snp_sellers') }} as versions
    on sellers.seller_id = versions.seller_id and versions.dbt_valid_to is null
where
    versions.seller_id is null
    or sellers.seller_name is distinct from versions.seller_name
    or sellers.seller_cnpj is distinct from versions.seller_cnpj
    or sellers.city is distinct from versions.city
    or sellers.state is distinct from versions.state
    or sellers.zip_code_prefix is distinct from versions.zip_code_prefix
    or sellers.is_active is distinct from versions.is_active
    or {{ br_date('versions.dbt_valid_from') }} <> versions._landed_date
union all
select
    'product' as kind,
    products.product_id as member_id
from {{ ref('int_products') }} as products
left join {{ ref('snp_products') }} as versions
    on products.product_id = versions.product_id and versions.dbt_valid_to is null
where
    versions.product_id is null
    or products.category_name_pt is distinct from versions.category_name_pt
    or products.photo_count is distinct from versions.photo_count
    or products.weight_g is distinct from versions.weight_g
    or products.length_cm is distinct from versions.length_cm
    or products.height_cm is distinct from versions.height_cm
    or products.width_cm is distinct from versions.width_cm
    or products.is_active is distinct from versions.is_active
    or {{ br_date('versions.dbt_valid_from') }} <> versions._landed_date
