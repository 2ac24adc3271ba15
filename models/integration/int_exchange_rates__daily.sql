{{ config(materialized='table', partitioned_by=['year(day_date)']) }}

{# For how many days a rate speaks while no other follows. #}
{% set days_alone = 92 %}

with rates as (
    select * from {{ ref('int_exchange_rates') }}
),

{# A rate holds until the next one; the last one of a currency for a quarter of a year. #}
periods as (
    select
        currency,
        rate_date,
        brl_per_unit,
        _landed_date,
        lead(rate_date, 1, date_add('day', {{ days_alone }}, rate_date)) over (
            partition by currency
            order by rate_date
        ) as next_rate_date,
        lead(_landed_date) over (
            partition by currency
            order by rate_date
        ) as next_landed_date
    from rates
)

select
    periods.currency,
    days.day_date,

    periods.brl_per_unit,
    periods.rate_date as quoted_date,

    {# Beyond the quarter a day had no rate before the next one landed. #}
    if(
        days.day_date >= date_add('day', {{ days_alone }}, periods.rate_date),
        greatest(periods._landed_date, periods.next_landed_date),
        periods._landed_date
    ) as _landed_date
from periods
cross join unnest(
    sequence(periods.rate_date, date_add('day', -1, periods.next_rate_date), interval '1' day)
) as days (day_date)
