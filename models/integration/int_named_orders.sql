{{ config(materialized='table') }}

{# Raw is read in the run's partitions alone, so that this costs what landed and nothing else. #}
{% set landed = landed_since(var("run_date")) %}
{# Named outside of the condition below, so that dbt knows that it is read. #}
{% set all_orders = ref('int_orders') %}
{% set is_of_another_person = "_person_changed_date >= date '" ~ var("run_date") ~ "'" %}

with named as (
    select
        order_id,
        created_at
    from {{ source('order_management', 'orders') }}
    where {{ landed }}
    union all
    select
        order_id,
        null as created_at
    from {{ source('order_management', 'order_items') }}
    where {{ landed }}
    union all
    select
        order_id,
        null as created_at
    from {{ source('payment_gateway', 'payments') }}
    where {{ landed }}
    union all
    select
        order_id,
        null as created_at
    from {{ source('customer_service', 'reviews') }}
    where {{ landed }}
    union all
    select
        order_id,
        null as created_at
    from {{ source('events', 'order_events') }}
    where {{ landed }}
    union all
    select
        order_id,
        created_at
    from {{ ref('int_orders__before_account') }}
    where account_landed_date >= date '{{ var("run_date") }}'
    union all
    select
        order_id,
        created_at
    from {{ ref('int_orders') }}
    where {{ purchased_on_days_of_new_rates('purchase_date_br') }}
    {# Rare: then, and only then, all orders are looked through for those of such an account. #}
    {% if has_row(ref('int_customers'), is_of_another_person) %}
        union all
        select
            orders.order_id,
            orders.created_at
        from {{ all_orders }} as orders
        inner join {{ ref('int_customers') }} as customers
            on orders.customer_id = customers.customer_id
        where customers.{{ is_of_another_person }}
    {% endif %}
)

select
    order_id,

    cast(max(created_at) as {{ instant_type() }}) as created_at
from named
group by order_id
