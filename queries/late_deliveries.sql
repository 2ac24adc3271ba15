/*
description: Orders that were delivered late on the date, with the days between purchase and delivery.
owner: logistics
schedule: curated
format: parquet
*/
select
    order_id,
    purchased_at,
    delivered_at,
    estimated_delivery_date,
    delivery_days
from {{ database('curated') }}.fct_orders
where is_late
    and cast(delivered_at at time zone 'America/Sao_Paulo' as date) = date '{{ business_date }}'
