{{ config(severity='warn', meta={'scan': 'dimension'}) }}

-- A returned row is a figure of the business date that is unlike the same weekday of the
-- eight weeks before: less than half or more than twice their median, and further from it than six
-- standard deviations of a count of that size: few orders a day may differ by more by chance.
{# Asked first, so that the days are static bounds, on which Athena prunes. #}
{% set products = ref('int_products') %}
{% set today = var("run_date") %}
{% if can_be_asked(products) %}
    {% set asked = "select cast(" ~ business_date(products) ~ " as varchar)" %}
    {% set today = run_query(asked).columns[0].values()[0] %}
{% endif %}

with days as (
    select
        daily.purchase_date_br = date '{{ today }}' as is_today,
        cast(daily.order_count as double) as order_count,
        cast(daily.item_count as double) as item_count,
        cast(daily.gmv_brl as double) as gmv_brl
    from {{ ref('agg_sales_daily') }} as daily
    where
        daily.purchase_date_br <= date '{{ today }}'
        and daily.purchase_date_br >= date_add('week', -8, date '{{ today }}')
        and day_of_week(daily.purchase_date_br) = day_of_week(date '{{ today }}')
),

usual as (
    select
        approx_percentile(order_count, 0.5) as order_count,
        approx_percentile(item_count, 0.5) as item_count,
        approx_percentile(gmv_brl, 0.5) as gmv_brl,
        count(*) as day_count
    from days
    where not is_today
),

today as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(item_count), 0) as item_count,
        coalesce(sum(gmv_brl), 0) as gmv_brl
    from days
    where is_today
),

figures as (
    select
        figure.name,
        figure.today,
        figure.usual,
        {# Money deviates as the orders that it is made of. #}
        6 * figure.usual / sqrt(usual.order_count + 1) as tolerance
    from today
    cross join usual
    cross join
        unnest(
            array[
                row('orders', today.order_count, usual.order_count),
                row('items', today.item_count, usual.item_count),
                row('gmv_brl', today.gmv_brl, usual.gmv_brl)
            ]
        ) as figure (name, today, usual)
    where usual.day_count >= 4
)

select
    name,
    today,
    usual
from figures
where
    abs(today - usual) > tolerance
    and (today < usual / 2 or today > 2 * usual)
