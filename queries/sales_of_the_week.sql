/*
description: Sales of the seven days before the date, by day of purchase.
owner: sales-analytics
schedule: "0 8 * * 1"
format: csv
*/
select *
from {{ database('curated') }}.agg_sales_daily
where purchase_date_br >= date_add('day', -7, date '{{ business_date }}')
    and purchase_date_br < date '{{ business_date }}'
order by purchase_date_br
