{#- Whether a query of a relation can be run now: not while dbt parses or where there is no
    connection, not of a table that is not there yet, not of the rows of a unit test. -#}
{% macro can_be_asked(relation) -%}
    {{ return(execute and relation.schema is not none and load_relation(relation) is not none) }}
{%- endmacro %}
