{{ config(meta={'scan': 'day'}) }}

-- A returned row is an order that the run touched, of which a fact has more or fewer rows than
-- integration, or another sum; of a deleted order facts have nothing.
{% set months = changed_months() %}
{% set of_order = months_condition('_order_created_at', months.created_at) %}
{% set of_fact = months_condition('purchased_at', months.purchased_at) %}

with orders as (
    select
        order_id,
        is_deleted
    from {{ ref('int_changed_orders') }}
),

known as (
    select
        'orders' as fact,
        order_id,
        cast(0 as decimal(18, 2)) as amount
    from orders
    union all
    select
        'items' as fact,
        order_id,
        price_brl + freight_brl as amount
    from {{ ref('int_order_items') }}
    where not is_deleted and ({{ of_order }})
    union all
    select
        'payments' as fact,
        order_id,
        amount
    from {{ ref('int_payments') }}
    where {{ of_order }}
),

shown as (
    select
        'orders' as fact,
        order_id,
        cast(0 as decimal(18, 2)) as amount
    from {{ ref('fct_orders') }}
    where {{ of_fact }}
    union all
    select
        'items' as fact,
        order_id,
        price_brl + freight_brl as amount
    from {{ ref('fct_order_items') }}
    where {{ of_fact }}
    union all
    select
        'payments' as fact,
        order_id,
        amount
    from {{ ref('fct_payments') }}
    where {{ of_fact }}
),

counted as (
    select
        known.fact,
        known.order_id,
        count(*) as known_count,
        sum(known.amount) as known_amount
    from known
    inner join orders on known.order_id = orders.order_id
    where not orders.is_deleted
    group by known.fact, known.order_id
),

facts as (
    select
        fact,
        order_id,
        count(*) as shown_count,
        sum(amount) as shown_amount
    from shown
    group by fact, order_id
),

compared as (
    select
        coalesce(counted.fact, facts.fact) as fact,
        coalesce(counted.order_id, facts.order_id) as order_id,
        counted.known_count,
        facts.shown_count,
        counted.known_amount,
        facts.shown_amount
    from counted
    full outer join facts on counted.fact = facts.fact and counted.order_id = facts.order_id
)

select compared.*
from compared
inner join orders on compared.order_id = orders.order_id
where
    compared.known_count is distinct from compared.shown_count
    or compared.known_amount is distinct from compared.shown_amount
