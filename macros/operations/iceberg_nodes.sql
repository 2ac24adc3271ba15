{#- The project's nodes that make Iceberg tables, by name; those of `tables` alone where it is
    given. A name that is none of them is an error. -#}
{% macro iceberg_nodes(tables=none) -%}
    {%- set found = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type in ["model", "snapshot"] -%}
        {%- if node.config.materialized in ["table", "incremental", "snapshot"] -%}
            {%- if node.config.get("table_type") == "iceberg" -%}
                {%- do found.update({node.name: node}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set nodes = [] -%}
    {%- for name in tables or found | sort -%}
        {%- if name not in found -%}
            {%- do exceptions.raise_compiler_error(
                "there is no Iceberg table '" ~ name ~ "' in the project: it has "
                ~ found | sort | join(", ")
            ) -%}
        {%- endif -%}
        {%- do nodes.append(found[name]) -%}
    {%- endfor -%}
    {{ return(nodes) }}
{%- endmacro %}
