{#- The partitions of a raw table that this run reads: those landed on its business date
    or later. -#}
{% macro landed_since_run_date() -%}
    {{ return(_landed_since(var("run_date"))) }}
{%- endmacro %}

{% macro _landed_since(run_date) -%}
    {{ return("ingest_date >= date '" ~ run_date ~ "'") }}
{%- endmacro %}
