{{ config(materialized='table') }}

with leads as (
    select * from {{ ref('int_marketing_leads') }}
),

first_sales as (
    select
        items.seller_id,
        min(items.purchased_at) as first_sold_at
    from {{ ref('fct_order_items') }} as items
    inner join {{ ref('fct_orders') }} as orders on items.order_id = orders.order_id
    where orders.counts_as_sale
    group by items.seller_id
)

select
    leads.lead_id,
    leads.seller_id,

    leads.lead_status,
    coalesce(leads.origin, 'unknown') as origin,
    leads.business_segment,
    leads.contact_date_br,
    date_format(leads.contact_date_br, '%Y-%m') as contact_month,
    leads.qualified_at is not null as is_qualified,
    leads.won_at is not null as is_won,
    first_sales.first_sold_at is not null as has_sold,

    cast(leads.contacted_at as {{ instant_type() }}) as contacted_at,
    cast(leads.qualified_at as {{ instant_type() }}) as qualified_at,
    cast(leads.won_at as {{ instant_type() }}) as won_at,
    cast(leads.lost_at as {{ instant_type() }}) as lost_at,
    cast(first_sales.first_sold_at as {{ instant_type() }}) as first_sold_at
from leads
left join first_sales on leads.seller_id = first_sales.seller_id
