{{ config(materialized='table') }}

with orders as (
    select * from {{ ref('fct_orders') }}
    where counts_as_sale
)

select
    customer_key,

    min(purchase_date_br) as first_purchase_date_br,
    max(purchase_date_br) as last_purchase_date_br,
    {{ is_returning_customer('count(*)') }} as is_returning,

    cast(count(*) as integer) as sale_count,
    cast(sum(item_count) as integer) as item_count,
    cast(sum(gmv_brl) as decimal(18, 2)) as gmv_brl,
    cast(sum(freight_brl) as decimal(18, 2)) as freight_brl
from orders
group by customer_key
