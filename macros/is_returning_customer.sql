{#- Whether a person with so many orders that count as a sale is a returning customer. -#}
{% macro is_returning_customer(sale_count) -%}
    {{ sale_count }} >= 2
{%- endmacro %}
