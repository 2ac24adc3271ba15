{#- The type in which Iceberg tables keep an instant: microseconds, UTC. Unit tests override it with
    `timestamp(3)`, because dbt reads their columns through a Hive table, which keeps milliseconds. -#}
{% macro instant_type() -%}
    {{ return("timestamp(6)") }}
{%- endmacro %}
