{#- The day that "today" means in a report: the run's business date; where nobody set it, the newest
    day that landed. Never the clock. -#}
{% macro business_date(landed_relation) -%}
    {{ return(_business_date(var("run_date"), landed_relation)) }}
{%- endmacro %}

{% macro _business_date(run_date, landed_relation) -%}
    {%- if run_date != "1970-01-01" -%}
        {{ return("date '" ~ run_date ~ "'") }}
    {%- endif -%}
    {{ return("(select max(_landed_date) from " ~ landed_relation ~ ")") }}
{%- endmacro %}
