{#- Where the rows that a run writes find the orders that they belong to: among those that it has
    looked up for them, or among all where the table is built anew. -#}
{% macro found_orders() -%}
    {%- set changed = ref("int_changed_orders") -%}
    {%- set orders = ref("int_orders") -%}
    {{ return(changed if is_incremental() else orders) }}
{%- endmacro %}
