{#- The folder decides the database: `<env>_<zone>`. A model, seed or snapshot without a zone is an
    error; what makes no table of its own (tests, analyses) counts to the platform's `ops`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set makes_table = node.resource_type in ["model", "seed", "snapshot"] -%}
    {%- set zone = custom_schema_name if makes_table else "ops" -%}
    {{ return(_database_of(target.schema, zone, node.name)) }}
{%- endmacro %}

{% macro _database_of(env, zone, node_name) -%}
    {%- set zones = ["integration", "curated", "snapshots", "ops"] -%}
    {%- if zone is none or zone | trim not in zones -%}
        {{ exceptions.raise_compiler_error(
            "'" ~ node_name ~ "' has no zone: its schema is '" ~ zone ~ "'. Move it under a folder "
            ~ "that dbt_project.yml gives a +schema to, or set one of: " ~ zones | join(", ")
        ) }}
    {%- endif -%}
    {{ return(env ~ "_" ~ zone | trim) }}
{%- endmacro %}
