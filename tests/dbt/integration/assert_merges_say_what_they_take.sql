-- A returned row is a table that merges without the conditions of its kind. Integration says which
-- version replaces another, or the day that is built last wins, whatever it has; a fact takes out
-- the rows that are marked as deleted and never lets one in.
{{ config(meta={'scan': 'dimension'}) }}

{% set versions = [
    'int_category_translations', 'int_customers', 'int_exchange_rates', 'int_geolocation',
    'int_marketing_leads', 'int_order_events', 'int_order_items', 'int_orders', 'int_payments',
    'int_reviews'
] %}
{% set facts = [
    'agg_sales_daily', 'fct_order_items', 'fct_order_status_transitions', 'fct_orders',
    'fct_payments', 'fct_reviews'
] %}
{% for name in versions + facts %}
    {% do ref(name) %}
{% endfor %}
{% for name in (merges_without_rule(versions, facts) if execute else []) %}
    select '{{ name }}' as model_name
    union all
{% endfor %}
select null as model_name
where false
