{#- Give a table the content of one of its earlier versions, in one commit:
    `dbt run-operation rollback --args '{table: fct_orders, version: …}'`, or `at: 2026-06-03 06:00`
    (UTC) for what readers saw then. Readers see the content before or the content after, and never
    none: one MERGE deletes the rows of the keys that differ and inserts those of the version. The
    key is the node's `unique_key`; rows that repeat it are put right too. Both versions are read,
    and only keys that differ are written. With `dry_run` the keys are counted and nothing is done. -#}
{% macro rollback(table, version=none, at=none, dry_run=false) -%}
    {%- set node = iceberg_nodes([table])[0] -%}
    {%- set keys = _rollback_keys(node) -%}
    {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
    {%- if relation is none -%}
        {%- do exceptions.raise_compiler_error("the table " ~ table ~ " has not been built yet") -%}
    {%- endif -%}
    {%- set version = _find_version(relation, version, at) -%}
    {%- set columns = _columns_of(relation, none) -%}
    {%- if _columns_of(relation, version) != columns -%}
        {%- do exceptions.raise_compiler_error(
            table ~ " had other columns in version " ~ version ~ ": build it anew with "
            ~ "`dbt build --full-refresh --select " ~ table ~ "`"
        ) -%}
    {%- endif -%}
    {%- set count = _count_differing(relation, version, columns, keys) -%}
    {%- set place = relation.schema ~ "." ~ relation.identifier -%}
    {%- if count == 0 -%}
        {%- do log(place ~ ": holds what version " ~ version ~ " held", info=true) -%}
    {%- elif dry_run -%}
        {%- do log(
            place ~ ": would put " ~ count ~ " keys back to version " ~ version, info=true
        ) -%}
    {%- else -%}
        {%- do run_query(rollback_statement(relation.render(), version, columns, keys)) -%}
        {%- set left = _count_differing(relation, version, columns, keys) -%}
        {%- if left -%}
            {%- do exceptions.raise_compiler_error(
                place ~ ": " ~ left ~ " keys still differ from version " ~ version
                ~ ": is a key null, or did a build write meanwhile?"
            ) -%}
        {%- endif -%}
        {%- do log(place ~ ": " ~ count ~ " keys put back to version " ~ version, info=true) -%}
    {%- endif -%}
{%- endmacro %}

{% macro _rollback_keys(node) -%}
    {%- set key = node.config.get("unique_key") -%}
    {%- if node.resource_type == "snapshot" -%}
        {{ return(["dbt_scd_id"]) }}
    {%- elif not key -%}
        {%- do exceptions.raise_compiler_error(
            node.name ~ " is built anew by every run and keeps no versions: build it again from "
            ~ "what it reads"
        ) -%}
    {%- endif -%}
    {{ return([key] if key is string else key) }}
{%- endmacro %}

{#- The id of a version that is there: the one that was named, or the last one by an instant. -#}
{% macro _find_version(relation, version, at) -%}
    {%- if (version is none) == (at is none) -%}
        {%- do exceptions.raise_compiler_error(
            "say which version: `version: <snapshot_id>`, or `at: <YYYY-MM-DD HH:MM>` in UTC"
        ) -%}
    {%- endif -%}
    {%- set query -%}
        select
            snapshot_id,
            date_format(committed_at, '%Y-%m-%d %H:%i:%s') as committed_at,
            operation
        from "{{ relation.schema }}"."{{ relation.identifier }}$snapshots"
        {%- if at is not none %}
        where committed_at <= from_iso8601_timestamp('{{ (at | string).replace(" ", "T") }}Z')
        {%- endif %}
        order by committed_at desc
    {%- endset -%}
    {%- set rows = run_query(query).rows -%}
    {%- for row in rows if at is not none or row[0] | string == version | string -%}
        {{ return(row[0] | string) }}
    {%- endfor -%}
    {%- set known = [] -%}
    {%- for row in rows -%}
        {%- do known.append("\n  " ~ row[0] ~ "  " ~ row[1] ~ "  " ~ row[2]) -%}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        relation.identifier ~ " has no version " ~ (version or "of " ~ at)
        ~ (": it has" ~ known | join("") if known else "")
    ) -%}
{%- endmacro %}

{#- The names of the columns of a table, or of a version of it. -#}
{% macro _columns_of(relation, version) -%}
    {%- set query -%}
        select * from {{ relation }}
        {%- if version is not none %} for version as of {{ version }}{% endif %} limit 0
    {%- endset -%}
    {{ return(run_query(query).column_names | list) }}
{%- endmacro %}

{% macro _count_differing(relation, version, columns, keys) -%}
    {%- set query -%}
        {{ _differing_keys(relation.render(), version, columns, keys) }}
        select count(*) as key_count from differing
    {%- endset -%}
    {{ return(run_query(query).rows[0][0] | int) }}
{%- endmacro %}

{#- CTEs up to `differing`: the keys whose rows, with how often each is there, are not the same. -#}
{% macro _differing_keys(table, version, columns, keys) -%}
    {%- set all = columns | join(", ") -%}
    {%- set key = keys | join(", ") -%}
    with wanted as (
        select {{ all }}, count(*) as _copies
        from {{ table }} for version as of {{ version }}
        group by {{ all }}
    ),

    present as (
        select {{ all }}, count(*) as _copies
        from {{ table }}
        group by {{ all }}
    ),

    differing as (
        select {{ key }} from (select * from wanted except select * from present) as lacking
        union
        select {{ key }} from (select * from present except select * from wanted) as exceeding
    )
{%- endmacro %}

{#- The MERGE that makes a table what a version of it was. A row of the source either deletes the
    rows of its key or is inserted. -#}
{% macro rollback_statement(table, version, columns, keys) -%}
    {%- set same_key = [] -%}
    {%- set same_differing = [] -%}
    {%- set deleted = [] -%}
    {%- set inserted = [] -%}
    {%- for key in keys -%}
        {%- do same_key.append("target." ~ key ~ " = src." ~ key) -%}
        {%- do same_differing.append("old." ~ key ~ " = differing." ~ key) -%}
    {%- endfor -%}
    {%- for column in columns -%}
        {%- do deleted.append(column if column in keys else "null as " ~ column) -%}
        {%- do inserted.append("src." ~ column) -%}
    {%- endfor -%}
    merge into {{ table }} as target
    using (
        {{ _differing_keys(table, version, columns, keys) }}
        select true as _is_wanted, old.{{ columns | join(", old.") }}
        from {{ table }} for version as of {{ version }} as old
        inner join differing on {{ same_differing | join(" and ") }}
        union all
        select false as _is_wanted, {{ deleted | join(", ") }}
        from differing
    ) as src
    on not src._is_wanted and {{ same_key | join(" and ") }}
    when matched then delete
    when not matched and src._is_wanted
        then insert ({{ columns | join(", ") }}) values ({{ inserted | join(", ") }})
{%- endmacro %}
