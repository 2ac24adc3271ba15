-- A returned row is a year of the calendar that the list of holidays does not have: its days would
-- all pass for business days. scripts/br_holidays.py writes the list.
{{ config(meta={'scan': 'dimension'}) }}

select
    year_number,
    count_if(is_holiday) as holiday_count
from {{ ref('dim_dates') }}
group by year_number
having count_if(is_holiday) < 8
