{#- Whether a row belongs to an order of the model's CTE `changed`, which is `int_changed_orders`;
    every row does where the table is built anew. instant: the column by whose month the table is
    partitioned; months: those, of `changed_months`, in which such a row can lie. -#}
{% macro is_changed_order(instant, months) -%}
    {%- if not is_incremental() -%}
        {{ return("true") }}
    {%- endif -%}
    {{ return(
        "order_id in (select changed.order_id from changed) and ("
        ~ months_condition(instant, months) ~ ")"
    ) }}
{%- endmacro %}
