{{ config(materialized='table') }}

with sales as (
    select
        customer_key,
        cast(date_trunc('month', purchase_date_br) as date) as month_start_date,
        count(*) as sale_count,
        sum(gmv_brl) as gmv_brl
    from {{ ref('fct_orders') }}
    where counts_as_sale
    group by 1, 2
),

{# A person's cohort is the month of the first sale. #}
members as (
    select
        *,
        min(month_start_date) over (partition by customer_key) as cohort_month
    from sales
)

select
    cohort_month,
    cast(date_diff('month', cohort_month, month_start_date) as integer) as months_since,

    cast(count(*) as integer) as customer_count,
    cast(sum(sale_count) as integer) as sale_count,
    cast(sum(gmv_brl) as decimal(18, 2)) as gmv_brl
from members
group by 1, 2
