{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'customer_id'], on_schema_change='fail'
) }}

{# Named outside of the condition below, so that dbt builds it first on the first day too. #}
{% set known = ref('int_customers') %}

with orders as (
    select
        order_id,
        customer_id,
        cast(max(created_at) as {{ instant_type() }}) as created_at,
        min(ingest_date) as landed_date
    from {{ source('order_management', 'orders') }}
    where {{ landed_since_run_date() }}
    group by order_id, customer_id
),

accounts as (
    select
        customer_id,
        min(ingest_date) as landed_date
    from {{ source('order_management', 'customers') }}
    where {{ landed_since_run_date() }}
    group by customer_id
)

{% if is_incremental() %}
    select
        orders.order_id,
        orders.customer_id,

        orders.created_at,

        cast(null as date) as account_landed_date
    from orders
    left join {{ known }} as known_accounts
        on orders.customer_id = known_accounts.customer_id
    where known_accounts.customer_id is null
    union all
    select
        waiting.order_id,
        waiting.customer_id,

        waiting.created_at,

        accounts.landed_date as account_landed_date
    from {{ this }} as waiting
    inner join accounts on waiting.customer_id = accounts.customer_id
    where waiting.account_landed_date is null
{% else %}
    select
        orders.order_id,
        orders.customer_id,

        orders.created_at,

        accounts.landed_date as account_landed_date
    from orders
    left join accounts on orders.customer_id = accounts.customer_id
    where accounts.landed_date is null or accounts.landed_date > orders.landed_date
{% endif %}
