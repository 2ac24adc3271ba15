{#- Names of the tables that merge without the conditions of their kind; none where nobody knows the
    project's nodes, as in a linter. versions: tables of which the condition has to say which
    version replaces another; facts: tables out of which the rows go that are marked as deleted, and
    into which none comes. -#}
{% macro merges_without_rule(versions, facts) -%}
    {%- set found = [] -%}
    {%- set nodes = graph.nodes.values() if graph is defined else [] -%}
    {%- for node in nodes if node.resource_type == "model" -%}
        {%- if (node.name in versions and not _orders_versions(node.config))
            or (node.name in facts and not _deletes_marked(node.config)) -%}
            {%- do found.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro _orders_versions(config) -%}
    {%- set condition = config.get("update_condition") or "" -%}
    {{ return("src._landed_date" in condition or "src._source_sequence" in condition) }}
{%- endmacro %}

{% macro _deletes_marked(config) -%}
    {{ return(
        config.get("delete_condition") == "src._is_deleted"
        and config.get("insert_condition") == "not src._is_deleted"
    ) }}
{%- endmacro %}
