{#- Whether a relation has a row for which the condition is true; false where that cannot be
    asked. -#}
{% macro has_row(relation, condition) -%}
    {%- if not can_be_asked(relation) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set query = "select count(*) from " ~ relation ~ " where " ~ condition -%}
    {{ return(run_query(query).columns[0].values()[0] > 0) }}
{%- endmacro %}
