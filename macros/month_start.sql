{#- The first day of a day's month: what tables by month are keyed by. -#}
{% macro month_start(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}
