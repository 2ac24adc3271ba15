-- A returned row is a day on which agg_sales_daily and fct_orders differ.
{{ config(meta={'scan': 'history'}) }}

with orders as (
    select
        purchase_date_br,
        sum(gmv_brl) as gmv_brl,
        count(*) as order_count
    from {{ ref('fct_orders') }}
    group by purchase_date_br
),

daily as (
    select * from {{ ref('agg_sales_daily') }}
)

select
    coalesce(orders.purchase_date_br, daily.purchase_date_br) as purchase_date_br,
    orders.gmv_brl as orders_gmv_brl,
    daily.gmv_brl as daily_gmv_brl
from orders
full outer join daily on orders.purchase_date_br = daily.purchase_date_br
where
    orders.gmv_brl is distinct from daily.gmv_brl
    or orders.order_count is distinct from daily.order_count
