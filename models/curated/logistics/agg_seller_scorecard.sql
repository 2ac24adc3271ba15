{{ config(materialized='table') }}

with shares as (
    select
        order_id,
        seller_key,
        max(seller_id) as seller_id,
        count(*) as item_count,
        sum(price_brl) as items_brl,
        sum(freight_brl) as freight_brl
    from {{ ref('fct_order_items') }}
    group by order_id, seller_key
)

select
    shares.seller_key,
    max(shares.seller_id) as seller_id,

    cast(count(*) as integer) as order_count,
    cast(count_if(orders.order_status = 'canceled') as integer) as canceled_count,
    cast(count_if(orders.is_delivered) as integer) as delivered_count,
    cast(count_if(orders.is_late) as integer) as late_count,
    cast(count(orders.review_score) as integer) as reviewed_count,
    cast(coalesce(sum(orders.review_score), 0) as integer) as review_score_total,
    cast(sum(shares.item_count) as integer) as item_count,
    cast(sum({{ gmv('shares.items_brl', 'orders.counts_as_sale') }}) as decimal(18, 2)) as gmv_brl,
    cast(sum(shares.freight_brl) as decimal(18, 2)) as freight_brl
from shares
inner join {{ ref('fct_orders') }} as orders on shares.order_id = orders.order_id
group by shares.seller_key
