{{ config(materialized='table') }}

with orders as (
    select
        customer_key,
        {{ month_start('purchase_date_br') }} as month_start_date,
        gmv_brl
    from {{ ref('fct_orders') }}
    where counts_as_sale
),

sales as (
    select
        customer_key,
        month_start_date,
        count(*) as sale_count,
        sum(gmv_brl) as gmv_brl
    from orders
    group by customer_key, month_start_date
),

{# A person's cohort is the month of the first sale. #}
members as (
    select
        *,
        min(month_start_date) over (partition by customer_key) as cohort_month
    from sales
),

cohorts as (
    select
        cohort_month,
        cast(date_diff('month', cohort_month, month_start_date) as integer) as months_since,
        sale_count,
        gmv_brl
    from members
)

select
    cohort_month,
    months_since,

    cast(count(*) as integer) as customer_count,
    cast(sum(sale_count) as integer) as sale_count,
    cast(sum(gmv_brl) as decimal(18, 2)) as gmv_brl
from cohorts
group by cohort_month, months_since
