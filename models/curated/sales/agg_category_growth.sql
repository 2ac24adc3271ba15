{{ config(materialized='table') }}

with orders as (
    select * from {{ ref('fct_orders') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

items as (
    select
        coalesce(products.category_name_pt, '(none)') as category_name_pt,
        {{ month_start('order_items.purchase_date_br') }} as month_start_date,
        {{ gmv('order_items.price_brl', 'orders.counts_as_sale') }} as gmv_brl
    from {{ ref('fct_order_items') }} as order_items
    inner join orders on order_items.order_id = orders.order_id
    inner join products on order_items.product_key = products.product_key
),

months as (
    select
        category_name_pt,
        month_start_date,
        count(*) as item_count,
        cast(sum(gmv_brl) as decimal(18, 2)) as gmv_brl
    from items
    group by category_name_pt, month_start_date
)

{# The month before is the calendar's: a category that sold nothing in it has zero there. #}
select
    months.category_name_pt,
    months.month_start_date,

    cast(months.item_count as integer) as item_count,
    months.gmv_brl,
    cast(coalesce(previous.gmv_brl, 0) as decimal(18, 2)) as previous_gmv_brl,
    cast(months.gmv_brl - coalesce(previous.gmv_brl, 0) as decimal(18, 2)) as gmv_growth_brl
from months
left join months as previous
    on
        months.category_name_pt = previous.category_name_pt
        and date_add('month', -1, months.month_start_date) = previous.month_start_date
