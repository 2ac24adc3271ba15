{#- What came in earlier runs before its order, which this run has found: rows of the model's own
    table, read by the CTE `orders`, to be added to its CTE of what was delivered. Nothing where the
    table is built anew. columns: the names of that CTE's columns, in their order. -#}
{% macro rows_that_waited(columns) -%}
    {%- if is_incremental() %}
        union all
        select
            {{ columns | join(",\n            ") }}
        from {{ this }}
        where
            _order_created_at is null
            and order_id in (select orders.order_id from orders)
    {%- endif %}
{%- endmacro %}
