{{ config(
    materialized='incremental', incremental_strategy='merge', unique_key='purchase_date_br',
    partitioned_by=['month(purchase_date_br)'],
    delete_condition='src._is_deleted', insert_condition='not src._is_deleted',
    on_schema_change='fail'
) }}

{% set changed = ref('int_changed_orders') %}
{% set months = changed_months().purchase_date_br if is_incremental() else [] %}

with orders as (
    select * from {{ ref('fct_orders') }}
    where {{ months_condition("purchased_at", months) }}
),

dates as (
    select * from {{ ref('dim_dates') }}
    where {{ months_condition("day_date", months) }}
),

{# A day from which a correction took its last order is touched too, and goes. #}
days as (
    {% if is_incremental() %}
        select distinct t.purchase_date_br
        from {{ changed }} as changed
        cross join unnest(
            sequence(
                {{ br_date('changed.purchased_from') }},
                {{ br_date('changed.purchased_until') }},
                interval '1' day
            )
        ) as t (purchase_date_br)
    {% else %}
        select distinct purchase_date_br from orders
    {% endif %}
)

select
    days.purchase_date_br,

    dates.year_month,
    dates.is_weekend,

    cast(count(orders.order_id) as integer) as order_count,
    cast(count_if(orders.is_delivered) as integer) as delivered_count,
    cast(count_if(orders.is_late) as integer) as late_count,
    cast(sum(orders.item_count) as integer) as item_count,
    cast(sum(orders.gmv_brl) as decimal(18, 2)) as gmv_brl,
    cast(sum(orders.order_total_brl) as decimal(18, 2)) as order_total_brl,
    cast(sum(orders.payments_brl) as decimal(18, 2)) as payments_brl,

    count(orders.order_id) = 0 as _is_deleted
from days
left join orders on days.purchase_date_br = orders.purchase_date_br
left join dates on days.purchase_date_br = dates.day_date
group by days.purchase_date_br, dates.year_month, dates.is_weekend
