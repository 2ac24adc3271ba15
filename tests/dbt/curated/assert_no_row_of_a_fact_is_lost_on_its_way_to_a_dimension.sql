{{ config(meta={'scan': 'dimension'}) }}

-- A returned row is a key of a fact, among the orders' months that the run changed, that an inner
-- join to its dimension loses, with the number of rows lost.
{% set months = changed_months().purchased_at %}
{% set of_orders = months_condition('purchased_at', months) %}

{{ lost_rows(ref('fct_orders'), 'customer_key', ref('dim_customers'), 'customer_key', of_orders) }}
union all
{{ lost_rows(ref('fct_orders'), 'purchase_date_br', ref('dim_dates'), 'day_date', of_orders) }}
union all
{{ lost_rows(
    ref('fct_order_items'), 'product_key', ref('dim_products'), 'product_key', of_orders
) }}
union all
{{ lost_rows(ref('fct_order_items'), 'seller_key', ref('dim_sellers'), 'seller_key', of_orders) }}
union all
{{ lost_rows(
    ref('fct_order_items'), 'purchase_date_br', ref('dim_dates'), 'day_date', of_orders
) }}
union all
{{ lost_rows(
    ref('fct_payments'), 'payment_type_key', ref('dim_payment_types'), 'payment_type_key', of_orders
) }}
union all
{{ lost_rows(ref('fct_payments'), 'purchase_date_br', ref('dim_dates'), 'day_date', of_orders) }}
union all
{{ lost_rows(ref('fct_reviews'), 'review_date_br', ref('dim_dates'), 'day_date', of_orders) }}
union all
{{ lost_rows(
    ref('fct_order_status_transitions'), 'reached_date_br', ref('dim_dates'), 'day_date', of_orders
) }}
union all
{{ lost_rows(ref('fct_marketing_leads'), 'seller_key', ref('dim_sellers'), 'seller_key') }}
union all
{{ lost_rows(ref('fct_marketing_leads'), 'contact_date_br', ref('dim_dates'), 'day_date') }}
union all
{{ lost_rows(ref('dim_customers'), 'geography_key', ref('dim_geography'), 'geography_key') }}
union all
{{ lost_rows(ref('dim_sellers'), 'geography_key', ref('dim_geography'), 'geography_key') }}
