{{ config(materialized='table') }}

with days as (
    select day_date
    from unnest(sequence(date '2016-01-01', date '2030-12-31', interval '1' day)) as t (day_date)
)

select
    day_date,

    cast(year(day_date) as integer) as year_number,
    cast(quarter(day_date) as integer) as quarter_number,
    cast(month(day_date) as integer) as month_number,
    cast(day(day_date) as integer) as day_of_month,
    cast(day_of_week(day_date) as integer) as iso_day_of_week,
    date_format(day_date, '%Y-%m') as year_month,
    cast(date_trunc('month', day_date) as date) as month_start_date,
    element_at(
        array[
            'janeiro', 'fevereiro', 'março', 'abril', 'maio', 'junho',
            'julho', 'agosto', 'setembro', 'outubro', 'novembro', 'dezembro'
        ],
        cast(month(day_date) as integer)
    ) as month_name_pt,
    day_of_week(day_date) in (6, 7) as is_weekend
from days
