{{ config(materialized='table', partitioned_by=['year(day_date)']) }}

with rates as (
    select * from {{ ref('int_exchange_rates') }}
),

{# A rate holds until the next one; the last one of a currency for a quarter of a year more. #}
periods as (
    select
        currency,
        rate_date,
        brl_per_unit,
        _landed_date,
        lead(rate_date, 1, date_add('day', 92, rate_date)) over (
            partition by currency
            order by rate_date
        ) as next_rate_date
    from rates
)

select
    periods.currency,
    days.day_date,

    periods.brl_per_unit,
    periods.rate_date as quoted_date,

    periods._landed_date
from periods
cross join unnest(
    sequence(periods.rate_date, date_add('day', -1, periods.next_rate_date), interval '1' day)
) as days (day_date)
