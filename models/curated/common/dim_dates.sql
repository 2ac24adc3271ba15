{{ config(materialized='table', partitioned_by=['year(day_date)']) }}

{% set years = calendar_years(ref('int_orders')) %}

with days as (
    select days.day_date
    from unnest(sequence({{ years[0] }}, {{ years[1] }})) as years (year_number)
    cross join unnest(
        sequence(
            cast(format('%d-01-01', years.year_number) as date),
            cast(format('%d-12-31', years.year_number) as date),
            interval '1' day
        )
    ) as days (day_date)
),

holidays as (
    select * from {{ ref('seed_br_holidays') }}
)

select
    days.day_date,

    cast(year(days.day_date) as integer) as year_number,
    cast(quarter(days.day_date) as integer) as quarter_number,
    cast(month(days.day_date) as integer) as month_number,
    cast(day(days.day_date) as integer) as day_of_month,
    cast(day_of_week(days.day_date) as integer) as iso_day_of_week,
    date_format(days.day_date, '%Y-%m') as year_month,
    {{ month_start('days.day_date') }} as month_start_date,
    element_at(
        array[
            'janeiro', 'fevereiro', 'março', 'abril', 'maio', 'junho',
            'julho', 'agosto', 'setembro', 'outubro', 'novembro', 'dezembro'
        ],
        cast(month(days.day_date) as integer)
    ) as month_name_pt,
    day_of_week(days.day_date) in (6, 7) as is_weekend,
    holidays.holiday_date is not null as is_holiday,
    holidays.holiday_name_pt,
    day_of_week(days.day_date) not in (6, 7) and holidays.holiday_date is null as is_business_day
from days
left join holidays on days.day_date = holidays.holiday_date
