{#- Compact and expire what is worth it, table by table: `dbt run-operation maintain`. A table is
    compacted (OPTIMIZE … BIN_PACK) when it has `small_files` or more files below
    `small_file_bytes` beyond the one that each of its partitions needs, or `delete_files` or more;
    it is expired (VACUUM) when it has `snapshots` or more. Thresholds: arguments, else the node's
    `meta: {maintain: …}`, else those below. With `dry_run` nothing is done.
    tables: names of models and snapshots; all Iceberg tables of the project without them. -#}
{% macro maintain(
    tables=none,
    small_files=none,
    delete_files=none,
    snapshots=none,
    small_file_bytes=none,
    dry_run=false
) -%}
    {%- set given = {
        "small_files": small_files,
        "delete_files": delete_files,
        "snapshots": snapshots,
        "small_file_bytes": small_file_bytes,
    } -%}
    {%- for node in iceberg_nodes(tables) -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if relation is not none -%}
            {%- do _maintain_table(node, relation, given, dry_run) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro _maintain_table(node, relation, given, dry_run) -%}
    {%- set limits = _maintenance_limits((node.config.meta or {}).get("maintain") or {}, given) -%}
    {%- set before = _count_files(relation, limits.small_file_bytes) -%}
    {%- set actions = _maintenance_actions(before, limits) -%}
    {%- if "OPTIMIZE" in actions and not dry_run -%}
        {%- do adapter.run_operation_with_potential_multiple_runs(
            "optimize " ~ relation.render() ~ " rewrite data using bin_pack", "optimize"
        ) -%}
    {%- endif -%}
    {%- if "VACUUM" in actions and not dry_run -%}
        {%- do adapter.run_operation_with_potential_multiple_runs(
            "vacuum " ~ relation.render(), "vacuum"
        ) -%}
    {%- endif -%}
    {%- set line = relation.schema ~ "." ~ relation.identifier ~ ": " ~ _describe_files(before) -%}
    {%- if not actions -%}
        {%- set line = line ~ "; nothing to do" -%}
    {%- elif dry_run -%}
        {%- set line = line ~ "; would " ~ actions | join(", ") -%}
    {%- else -%}
        {%- set after = _count_files(relation, limits.small_file_bytes) -%}
        {%- set line = line ~ "; " ~ actions | join(", ") ~ ": " ~ _describe_files(after) -%}
    {%- endif -%}
    {%- do log(line, info=true) -%}
{%- endmacro %}

{#- The thresholds that hold: what was given, else what the node says, else the project's. -#}
{% macro _maintenance_limits(of_node, given) -%}
    {%- set limits = {
        "small_files": 20,
        "delete_files": 10,
        "snapshots": 40,
        "small_file_bytes": 33554432,
    } -%}
    {%- for name in limits -%}
        {%- if of_node.get(name) is not none -%}
            {%- do limits.update({name: of_node.get(name)}) -%}
        {%- endif -%}
        {%- if given.get(name) is not none -%}
            {%- do limits.update({name: given.get(name)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(limits) }}
{%- endmacro %}

{#- What a table with these counts needs under these thresholds. -#}
{% macro _maintenance_actions(counts, limits) -%}
    {%- set excess = counts.small_files - counts.small_partitions -%}
    {%- set actions = [] -%}
    {%- if excess >= limits.small_files or counts.delete_files >= limits.delete_files -%}
        {%- do actions.append("OPTIMIZE") -%}
    {%- endif -%}
    {%- if counts.snapshots >= limits.snapshots -%}
        {%- do actions.append("VACUUM") -%}
    {%- endif -%}
    {{ return(actions) }}
{%- endmacro %}

{#- Files and snapshots of an Iceberg table. Folders `name=value` in a file's path are its
    partition. -#}
{% macro _count_files(relation, small_file_bytes) -%}
    {%- set name = '"' ~ relation.schema ~ '"."' ~ relation.identifier -%}
    {%- set query -%}
        select
            count_if(content = 0) as data_files,
            count_if(content = 0 and file_size_in_bytes < {{ small_file_bytes }}) as small_files,
            count(distinct
                case
                    when content = 0 and file_size_in_bytes < {{ small_file_bytes }}
                        then array_join(regexp_extract_all(file_path, '/[^/=]+=[^/]+'), '')
                end
            ) as small_partitions,
            count_if(content <> 0) as delete_files,
            (select count(*) from {{ name }}$snapshots") as snapshots
        from {{ name }}$files"
    {%- endset -%}
    {%- set row = run_query(query).rows[0] -%}
    {{ return({
        "data_files": row[0] | int,
        "small_files": row[1] | int,
        "small_partitions": row[2] | int,
        "delete_files": row[3] | int,
        "snapshots": row[4] | int,
    }) }}
{%- endmacro %}

{% macro _describe_files(counts) -%}
    {{ return(
        counts.data_files ~ " files (" ~ counts.small_files ~ " small, in "
        ~ counts.small_partitions ~ " partitions), " ~ counts.delete_files ~ " of deletes, "
        ~ counts.snapshots ~ " snapshots"
    ) }}
{%- endmacro %}
