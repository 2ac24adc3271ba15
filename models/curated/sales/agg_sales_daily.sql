{{ config(materialized='table') }}

with orders as (
    select * from {{ ref('fct_orders') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
)

select
    orders.purchase_date_br,

    dates.year_month,
    dates.is_weekend,

    cast(count(*) as integer) as order_count,
    cast(count_if(orders.is_delivered) as integer) as delivered_count,
    cast(count_if(orders.is_late) as integer) as late_count,
    cast(sum(orders.item_count) as integer) as item_count,
    cast(sum(orders.gmv_brl) as decimal(18, 2)) as gmv_brl,
    cast(sum(orders.order_total_brl) as decimal(18, 2)) as order_total_brl,
    cast(sum(orders.payments_brl) as decimal(18, 2)) as payments_brl
from orders
left join dates on orders.purchase_date_br = dates.day_date
group by orders.purchase_date_br, dates.year_month, dates.is_weekend
