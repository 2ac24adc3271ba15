{#- A query of the columns of models that have a contract and the types declared of them: those
    whose digits count, decimals and instants. Raises when a model with a contract is none of the
    relations. -#}
{% macro declared_types(relations) -%}
    {%- set columns = [] -%}
    {%- set names = relations | map(attribute="identifier") | list -%}
    {%- set nodes = graph.nodes.values() if execute else [] -%}
    {%- for node in nodes if (node.config.get("contract") or {}).get("enforced") -%}
        {%- if node.alias not in names -%}
            {{ exceptions.raise_compiler_error(node.name ~ " has a contract and is not compared") }}
        {%- endif -%}
        {%- for column in node.columns.values() -%}
            {%- do columns.append([node.alias, column.name, column.data_type]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(_rows_of_types(columns)) }}
{%- endmacro %}

{#- columns: lists of table, column and declared type. -#}
{% macro _rows_of_types(columns) -%}
    {%- set rows = [] -%}
    {%- for table, column, type in columns if type.startswith(("decimal", "timestamp")) -%}
        {%- set full = instant_type() if type == "timestamp" else type | replace(" ", "") -%}
        {%- do rows.append("('" ~ table ~ "', '" ~ column ~ "', '" ~ full ~ "')") -%}
    {%- endfor -%}
    {%- set values = rows | join(", ") or "('', '', '')" -%}
    {{ return(
        "select table_name, column_name, type_name from (values " ~ values
        ~ ") as t (table_name, column_name, type_name)"
    ) }}
{%- endmacro %}
