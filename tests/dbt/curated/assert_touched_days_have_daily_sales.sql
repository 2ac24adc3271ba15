-- A returned row is a purchase day of an order that the run changed for which agg_sales_daily does
-- not say what fct_orders adds up to.
{% set months = changed_months().purchase_date_br %}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

orders as (
    select
        purchase_date_br,
        sum(gmv_brl) as gmv_brl,
        count(*) as order_count
    from {{ ref('fct_orders') }}
    where {{ months_condition("purchased_at", months) }}
    group by purchase_date_br
),

daily as (
    select * from {{ ref('agg_sales_daily') }}
    where {{ months_condition("purchase_date_br", months) }}
),

days as (
    select distinct {{ br_date('purchased_until') }} as purchase_date_br from changed
    union
    select distinct {{ br_date('purchased_from') }} as purchase_date_br from changed
)

select
    days.purchase_date_br,
    orders.gmv_brl as orders_gmv_brl,
    daily.gmv_brl as daily_gmv_brl
from days
left join orders on days.purchase_date_br = orders.purchase_date_br
left join daily on days.purchase_date_br = daily.purchase_date_br
where
    orders.gmv_brl is distinct from daily.gmv_brl
    or orders.order_count is distinct from daily.order_count
