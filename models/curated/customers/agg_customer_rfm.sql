{{ config(materialized='table') }}

with sales as (
    select
        *,
        {{ business_date(ref('int_orders')) }} as scored_date
    from {{ ref('agg_customer_lifetime_value') }}
),

customers as (
    select
        *,
        date_diff('day', last_purchase_date_br, scored_date) as recency_days
    from sales
),

{# Of recency the least score whose threshold is reached counts, of the others the greatest. #}
scores as (
    select
        customers.customer_key,
        min(case when thresholds.measure = 'recency_days' then thresholds.score end)
            as recency_score,
        max(case when thresholds.measure = 'frequency' then thresholds.score end)
            as frequency_score,
        max(case when thresholds.measure = 'monetary_brl' then thresholds.score end)
            as monetary_score
    from customers
    inner join {{ ref('seed_rfm_thresholds') }} as thresholds
        on thresholds.at_least <= case thresholds.measure
            when 'recency_days' then greatest(customers.recency_days, 0)
            when 'frequency' then customers.sale_count
            else customers.gmv_brl
        end
    group by customers.customer_key
)

select
    customers.customer_key,

    customers.scored_date,

    cast(customers.recency_days as integer) as recency_days,
    customers.sale_count,
    customers.gmv_brl,
    cast(scores.recency_score as integer) as recency_score,
    cast(scores.frequency_score as integer) as frequency_score,
    cast(scores.monetary_score as integer) as monetary_score,
    case
        when scores.recency_score >= 4 and scores.frequency_score >= 3 then 'champion'
        when scores.frequency_score >= 3 then 'loyal'
        when scores.recency_score >= 4 and scores.frequency_score = 1 then 'new'
        when scores.recency_score >= 3 then 'promising'
        when scores.monetary_score >= 4 then 'at_risk'
        else 'dormant'
    end as segment
from customers
inner join scores on customers.customer_key = scores.customer_key
