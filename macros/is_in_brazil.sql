{#- Whether a point lies within the extremes of Brazil, its islands in the Atlantic included (IBGE):
    5°16' N to 33°45' S, 74°00' W (Serra do Divisor) to 28°50' W (Martin Vaz). -#}
{% macro is_in_brazil(latitude, longitude) -%}
    ({{ latitude }} between -33.76 and 5.28 and {{ longitude }} between -74.00 and -28.83)
{%- endmacro %}
