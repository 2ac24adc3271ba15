{#- SQL that is true for an instant of one of the months (`YYYY-MM`, UTC; none is the null instant),
    in static bounds, on which Athena prunes; true for every one when there are no months. -#}
{% macro months_condition(instant, months) -%}
    {%- set numbers = [] -%}
    {%- for month in months if month is not none -%}
        {%- set year, number = (month | string).split("-")[:2] -%}
        {%- do numbers.append(year | int * 12 + number | int - 1) -%}
    {%- endfor -%}
    {%- set spans = [] -%}
    {%- for number in numbers | unique | sort -%}
        {%- if spans and spans[-1][1] == number -%}
            {%- do spans.append([spans.pop()[0], number + 1]) -%}
        {%- else -%}
            {%- do spans.append([number, number + 1]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set conditions = [instant ~ " is null"] if none in months else [] -%}
    {%- for span in spans -%}
        {%- do conditions.append(
            instant ~ " >= " ~ _month_start(span[0])
            ~ " and " ~ instant ~ " < " ~ _month_start(span[1])
        ) -%}
    {%- endfor -%}
    {{ return(conditions | join(" or ") or "true") }}
{%- endmacro %}

{#- The first instant of a month, counted from the year 0. -#}
{% macro _month_start(number) -%}
    {{ return("timestamp '%04d-%02d-01 00:00:00'" | format(number // 12, number % 12 + 1)) }}
{%- endmacro %}
