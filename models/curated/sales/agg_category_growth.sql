{{ config(materialized='table') }}

with months as (
    select
        coalesce(products.category_name_pt, '(none)') as category_name_pt,
        cast(date_trunc('month', items.purchase_date_br) as date) as month_start_date,
        count(*) as item_count,
        cast(
            sum({{ gmv('items.price_brl', 'orders.counts_as_sale') }}) as decimal(18, 2)
        ) as gmv_brl
    from {{ ref('fct_order_items') }} as items
    inner join {{ ref('fct_orders') }} as orders on items.order_id = orders.order_id
    left join {{ ref('dim_products') }} as products on items.product_id = products.product_id
    group by 1, 2
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
