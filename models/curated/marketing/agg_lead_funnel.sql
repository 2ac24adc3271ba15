{{ config(materialized='table') }}

with leads as (
    select * from {{ ref('fct_marketing_leads') }}
),

order_items as (
    select * from {{ ref('fct_order_items') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

sellers_with_sales as (
    select order_items.seller_id
    from order_items
    inner join orders on order_items.order_id = orders.order_id
    where orders.counts_as_sale
    group by order_items.seller_id
)

select
    leads.contact_month,
    leads.origin,

    cast(count(*) as integer) as lead_count,
    cast(count_if(leads.is_qualified) as integer) as qualified_count,
    cast(count_if(leads.is_won) as integer) as won_count,
    cast(count(sellers_with_sales.seller_id) as integer) as sold_count
from leads
left join sellers_with_sales on leads.seller_id = sellers_with_sales.seller_id
group by leads.contact_month, leads.origin
