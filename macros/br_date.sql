{#- The calendar day, in America/Sao_Paulo, of a UTC instant. -#}
{% macro br_date(instant) -%}
    cast(at_timezone(with_timezone({{ instant }}, 'UTC'), 'America/Sao_Paulo') as date)
{%- endmacro %}
