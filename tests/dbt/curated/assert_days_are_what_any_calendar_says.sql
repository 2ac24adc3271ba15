-- A returned row is a day of which dim_dates says something else than a calendar on the wall.
{{ config(meta={'scan': 'dimension'}) }}

with known as (
    select
        date(day_text) as day_date,
        quarter_number,
        iso_day_of_week,
        month_name_pt,
        holiday_name_pt
    from (
        values
        ('2026-01-01', 1, 4, 'janeiro', 'Confraternização Universal'),
        ('2028-02-29', 1, 2, 'fevereiro', null),
        ('2026-03-31', 1, 2, 'março', null),
        ('2026-04-03', 2, 5, 'abril', 'Sexta-feira Santa'),
        ('2026-05-01', 2, 5, 'maio', 'Dia do Trabalhador'),
        ('2026-06-30', 2, 2, 'junho', null),
        ('2026-07-04', 3, 6, 'julho', null),
        ('2026-08-30', 3, 7, 'agosto', null),
        ('2026-09-07', 3, 1, 'setembro', 'Independência do Brasil'),
        ('2026-10-12', 4, 1, 'outubro', 'Nossa Senhora Aparecida'),
        ('2026-11-15', 4, 7, 'novembro', 'Proclamação da República'),
        ('2030-12-31', 4, 2, 'dezembro', null),
        ('2016-01-01', 1, 5, 'janeiro', 'Confraternização Universal')
    ) as t (day_text, quarter_number, iso_day_of_week, month_name_pt, holiday_name_pt)
)

select known.day_date
from known
left join {{ ref('dim_dates') }} as dates on known.day_date = dates.day_date
where
    dates.day_date is null
    or date_format(known.day_date, '%Y') <> cast(dates.year_number as varchar)
    or known.quarter_number <> dates.quarter_number
    or date_format(known.day_date, '%c') <> cast(dates.month_number as varchar)
    or date_format(known.day_date, '%e') <> cast(dates.day_of_month as varchar)
    or known.iso_day_of_week <> dates.iso_day_of_week
    or substr(cast(known.day_date as varchar), 1, 7) <> dates.year_month
    or dates.year_month || '-01' <> cast(dates.month_start_date as varchar)
    or known.month_name_pt <> dates.month_name_pt
    or known.holiday_name_pt is distinct from dates.holiday_name_pt
    or (known.holiday_name_pt is not null) <> dates.is_holiday
    or (known.iso_day_of_week in (6, 7)) <> dates.is_weekend
    or (known.iso_day_of_week < 6 and known.holiday_name_pt is null) <> dates.is_business_day
