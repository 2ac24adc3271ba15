{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['review_id', 'order_id'],
    partitioned_by=['month(purchased_at)'],
    meta={'months_from': 'int_changed_orders'},
    delete_condition='src._is_deleted', insert_condition='not src._is_deleted',
    on_schema_change='fail'
) }}

{% set months = changed_months() %}

with changed as (
    select * from {{ ref('int_changed_orders') }}
),

reviews as (
    select * from {{ ref('int_reviews') }}
    where {{ is_changed_order('_order_created_at', months.created_at) }}
),

orders as (
    select * from {{ found_orders() }}
)

select
    reviews.review_id,
    reviews.order_id,

    orders.purchase_date_br,
    {{ br_date('reviews.created_at') }} as review_date_br,
    reviews.comment_message is not null as has_comment,

    reviews.review_score,

    cast(orders.purchased_at as {{ instant_type() }}) as purchased_at,
    cast(reviews.created_at as {{ instant_type() }}) as created_at,
    cast(reviews.answered_at as {{ instant_type() }}) as answered_at,

    orders.is_deleted as _is_deleted
from reviews
inner join orders on reviews.order_id = orders.order_id
{% if not is_incremental() %}
    where not orders.is_deleted
{% endif %}
