{#- Calendar days, in America/Sao_Paulo, from purchase to delivery. -#}
{% macro delivery_days(purchase_date_br, delivered_date_br) -%}
    cast(date_diff('day', {{ purchase_date_br }}, {{ delivered_date_br }}) as integer)
{%- endmacro %}
