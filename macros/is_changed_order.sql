{#- Whether a row belongs to an order of the model's CTE `changed`, which is `int_changed_orders`;
    every row does where the table is built anew. With the name of a column of instants only the
    months of those orders are read. -#}
{% macro is_changed_order(purchased_at=none) -%}
    {%- if not is_incremental() -%}
        {{ return("true") }}
    {%- endif -%}
    {%- set of_changed = "order_id in (select changed.order_id from changed)" -%}
    {%- if purchased_at is none -%}
        {{ return(of_changed) }}
    {%- endif -%}
    {%- set months = changed_months(ref("int_changed_orders")) -%}
    {{ return(of_changed ~ " and (" ~ months_condition(purchased_at, months) ~ ")") }}
{%- endmacro %}
