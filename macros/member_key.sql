{#- The key by which facts join a dimension: made of the source's identifier alone, so that it never
    depends on what arrived first; `unknown` where the source names nobody. -#}
{% macro member_key(member_id) -%}
    case when {{ member_id }} is null then 'unknown' else {{ surrogate_key([member_id]) }} end
{%- endmacro %}

{#- The members of a dimension (`product`, `seller`, `payment_type`) of which facts know the
    identifier and no source has told, and the one without an identifier: a query of `member_id`. -#}
{% macro inferred_members(dimension) -%}
    select member_id
    from {{ ref("int_inferred_members") }}
    where dimension = '{{ dimension }}'
    union all
    select cast(null as varchar) as member_id
{%- endmacro %}
