-- Which sellers stand behind late deliveries: the share of late orders, from ten orders on.
with items as (
    select distinct
        order_id,
        seller_id
    from {{ ref('fct_order_items') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where is_delivered
),

sellers as (
    select * from {{ ref('dim_sellers') }}
)

select
    items.seller_id,
    sellers.state,

    count(*) as delivered_orders,
    count_if(orders.is_late) as late_orders,
    cast(count_if(orders.is_late) as double) / count(*) as late_ratio
from items
inner join orders on items.order_id = orders.order_id
left join sellers on items.seller_id = sellers.seller_id
group by items.seller_id, sellers.state
having count(*) >= 10
order by late_ratio desc, delivered_orders desc
limit 20
