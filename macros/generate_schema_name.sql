{#- The folder decides the database: `<env>_<zone>`, as infra/lake.yml says. A model, seed or
    snapshot without a zone is an error; what makes no table of its own (tests, analyses) counts to
    the platform's `ops`, which all environments of a stage share. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- do _check_environment(target.name, target.schema) -%}
    {%- if node.resource_type in ["model", "seed", "snapshot"] -%}
        {{ return(_database_of(target.schema, custom_schema_name, node.name)) }}
    {%- endif -%}
    {{ return(_database_of(target.name, "ops", node.name)) }}
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

{#- `dev` is every person's and pull request's target: it must not write another stage's tables. -#}
{% macro _check_environment(target_name, env) -%}
    {%- set pattern = "dev(_[a-z0-9_]{1,30})?|pr_[0-9]{1,10}" -%}
    {%- if target_name == "dev" and not modules.re.fullmatch(pattern, env) -%}
        {{ exceptions.raise_compiler_error(
            "LAKEHOUSE_ENV is '" ~ env ~ "' and the target is dev: set it to dev_<user> (lower-case "
            ~ "letters, digits, underscores), to pr_<number>, or to dev"
        ) }}
    {%- endif -%}
{%- endmacro %}
