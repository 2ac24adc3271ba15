{#- Whether an order came on the calendar day promised or before. False while it is not delivered:
    with `is_late_order` it tells the delivered ones apart. -#}
{% macro is_on_time_order(delivered_date_br, estimated_delivery_date) -%}
    coalesce({{ delivered_date_br }} <= {{ estimated_delivery_date }}, false)
{%- endmacro %}
