{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['order_id', 'order_status'],
    partitioned_by=['month(purchased_at)'],
    meta={'months_from': 'int_changed_orders'},
    delete_condition='src._is_deleted', insert_condition='not src._is_deleted',
    on_schema_change='fail'
) }}

{% set months = changed_months() %}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

{# Told twice under two identifiers, a status was still reached once: when it occurred first. #}
events as (
    select
        order_id,
        event_type as order_status,
        min(occurred_at) as reached_at
    from {{ ref('int_order_events') }}
    where {{ is_changed_order('_order_created_at', months.created_at) }}
    group by order_id, event_type
),

orders as (
    select * from {{ found_orders() }}
),

statuses as (
    select * from {{ ref('seed_order_statuses') }}
),

{# The order of the instants, whatever the order of the telling; of equal ones, that of life. #}
steps as (
    select
        events.*,
        row_number() over (
            partition by events.order_id
            order by events.reached_at, statuses.life_order
        ) as step_number,
        lag(events.order_status) over (
            partition by events.order_id
            order by events.reached_at, statuses.life_order
        ) as previous_status,
        lag(events.reached_at) over (
            partition by events.order_id
            order by events.reached_at, statuses.life_order
        ) as previous_reached_at
    from events
    left join statuses on events.order_status = statuses.order_status
)

select
    steps.order_id,
    steps.order_status,

    steps.previous_status,
    {{ br_date('steps.reached_at') }} as reached_date_br,

    cast(steps.step_number as integer) as step_number,
    date_diff('second', steps.previous_reached_at, steps.reached_at) as seconds_since_previous,
    cast(
        date_diff('second', steps.previous_reached_at, steps.reached_at) / decimal '3600.00'
        as decimal(18, 2)
    ) as hours_since_previous,

    cast(orders.purchased_at as {{ instant_type() }}) as purchased_at,
    cast(steps.reached_at as {{ instant_type() }}) as reached_at,

    orders.is_deleted as _is_deleted
from steps
inner join orders on steps.order_id = orders.order_id
{% if not is_incremental() %}
    where not orders.is_deleted
{% endif %}
