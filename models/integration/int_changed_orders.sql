{{ config(materialized='ephemeral') }}

{# The orders that something of this run's landings touched: themselves, an item, a payment, a
   review. Facts rebuild these and no others. #}
select order_id from {{ ref('int_orders') }}
where _landed_date >= date '{{ var("run_date") }}'
union
select order_id from {{ ref('int_order_items') }}
where _landed_date >= date '{{ var("run_date") }}'
union
select order_id from {{ ref('int_payments') }}
where _landed_date >= date '{{ var("run_date") }}'
union
select order_id from {{ ref('int_reviews') }}
where _landed_date >= date '{{ var("run_date") }}'
