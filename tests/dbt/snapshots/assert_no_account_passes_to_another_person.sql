-- A row is an account that changed on this run's day and has belonged to more than one person.
-- The newest version holds: the account's orders count for its new person from now on.
{{ config(severity='warn', meta={'scan': 'dimension'}) }}

select
    customer_id,
    count(distinct customer_unique_id) as person_count,
    max(_landed_date) as landed_date
from {{ ref('snp_customers') }}
group by customer_id
having
    count(distinct customer_unique_id) > 1
    and max(_landed_date) >= date '{{ var("run_date") }}'
