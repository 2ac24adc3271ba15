{#- Whether an order came on a later calendar day than promised, both in America/Sao_Paulo. False
    while it is not delivered. -#}
{% macro is_late_order(delivered_date_br, estimated_delivery_date) -%}
    coalesce({{ delivered_date_br }} > {{ estimated_delivery_date }}, false)
{%- endmacro %}
