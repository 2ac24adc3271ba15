{#- What a generic test reads of a relation, which this decides in dbt's stead by its name: the part
    of it that the run may have changed, unless the test says `meta: {scan: history}`.
    `config.where` holds besides. -#}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [] -%}
    {%- if config.get("where") -%}
        {%- do conditions.append("(" ~ config.get("where") ~ ")") -%}
    {%- endif -%}
    {%- if execute and (config.get("meta") or {}).get("scan") != "history" -%}
        {%- set part = _day_part(relation) -%}
        {%- if part -%}{%- do conditions.append("(" ~ part ~ ")") -%}{%- endif -%}
    {%- endif -%}
    {%- if not conditions -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return(
        "(select * from " ~ relation ~ " where " ~ conditions | join(" and ") ~ ") dbt_subquery"
    ) }}
{%- endmacro %}

{#- The condition for the rows of a table that a run may have changed; none for a table that is
    small or is read whole. A source's are those that landed; a model says by `meta: {day_part: …}`:
    `landed`, rows whose newest version landed since the run's date; `purchased`, the months of the
    table in which the orders of `int_changed_orders` were ever said to be purchased. -#}
{% macro _day_part(relation) -%}
    {%- for node in graph.sources.values() -%}
        {%- if node.schema == relation.schema and node.identifier == relation.identifier -%}
            {{ return(landed_since(var("run_date"))) }}
        {%- endif -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() -%}
        {%- if node.schema == relation.schema and node.alias == relation.identifier -%}
            {%- set day_part = node.config.meta.get("day_part") -%}
            {%- if day_part == "landed" -%}
                {{ return("_landed_date >= date '" ~ var("run_date") ~ "'") }}
            {%- elif day_part == "purchased" -%}
                {%- set column = _month_partition(node.config.partitioned_by) -%}
                {%- set months = _changed_months(_relation_of("int_changed_orders"))[column] -%}
                {{ return(months_condition(column, months)) }}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{#- The relation of a model that the test at hand does not name, and its model was built after. -#}
{% macro _relation_of(model_name) -%}
    {%- for node in graph.nodes.values() -%}
        {%- if node.resource_type == "model" and node.name == model_name -%}
            {{ return(api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.alias
            )) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
