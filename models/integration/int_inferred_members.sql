{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key=['dimension', 'member_id'],
    delete_condition='src._is_deleted', on_schema_change='fail'
) }}

{# Who names members, and by which column; who knows them, once a source has told. #}
{% set naming = [
    ('product', source('order_management', 'order_items'), 'product_id'),
    ('seller', source('order_management', 'order_items'), 'seller_id'),
    ('seller', source('marketing', 'marketing_leads'), 'seller_id'),
    ('payment_type', source('payment_gateway', 'payments'), 'lower(trim(payment_type))'),
] %}
{% set knowing = [
    ('product', ref('int_products'), 'product_id'),
    ('seller', ref('int_sellers'), 'seller_id'),
    ('payment_type', ref('seed_payment_types'), 'payment_type'),
] %}

with named as (
    {% for dimension, relation, member_id in naming %}
        select
            '{{ dimension }}' as dimension,
            {{ member_id }} as member_id
        from {{ relation }}
        where {{ landed_since_run_date() }}
        {% if not loop.last %}union{% endif %}
    {% endfor %}
),

known as (
    {% for dimension, relation, member_id in knowing %}
        select
            '{{ dimension }}' as dimension,
            {{ member_id }} as member_id
        from {{ relation }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    named.dimension,
    named.member_id,

    false as _is_deleted
from named
left join known
    on named.dimension = known.dimension and named.member_id = known.member_id
where named.member_id is not null and known.member_id is null
{% if is_incremental() %}
    union all
    {# Who was inferred and is known by now is so no more. #}
    select
        inferred.dimension,
        inferred.member_id,

        true as _is_deleted
    from {{ this }} as inferred
    inner join known
        on inferred.dimension = known.dimension and inferred.member_id = known.member_id
{% endif %}
