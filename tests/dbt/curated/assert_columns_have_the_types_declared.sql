{#- What a contract on Athena does not compare: digits of decimals and of seconds. -#}
{% set tables = [
    ref("agg_category_growth"), ref("agg_cohort_retention"), ref("agg_customer_lifetime_value"),
    ref("agg_customer_rfm"), ref("agg_delivery_by_route"), ref("agg_lead_funnel"),
    ref("agg_sales_daily"), ref("agg_seller_scorecard"), ref("dim_customers"),
    ref("dim_customers_history"), ref("dim_dates"), ref("dim_geography"),
    ref("dim_payment_types"), ref("dim_products"), ref("dim_sellers"), ref("fct_marketing_leads"),
    ref("fct_order_items"), ref("fct_order_status_transitions"), ref("fct_orders"),
    ref("fct_payments"), ref("fct_reviews")
] %}
{{ config(meta={'scan': 'history'}) }}

-- A returned row is a column of a curated table whose type is not the one that its YAML declares,
-- with all digits; a `timestamp` of which nothing is said has those of every instant.
with declared as (
    {{ declared_types(tables) | indent(4) }}
),

actual as (
    select
        table_name,
        column_name,
        replace(data_type, ' ', '') as type_name
    from information_schema.columns
    where table_schema = '{{ tables[0].schema }}'
)

select
    declared.table_name,
    declared.column_name,
    declared.type_name as declared_type,
    actual.type_name as actual_type
from declared
left join actual
    on declared.table_name = actual.table_name and declared.column_name = actual.column_name
where declared.type_name is distinct from actual.type_name
