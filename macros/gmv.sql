{#- What an amount of merchandise adds to the gross merchandise value: itself, if the order counts
    as a sale, else zero. -#}
{% macro gmv(items_brl, counts_as_sale) -%}
    cast(
        case when {{ counts_as_sale }} then coalesce({{ items_brl }}, 0) else 0 end
        as decimal(18, 2)
    )
{%- endmacro %}
