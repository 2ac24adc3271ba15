{#- Drop tables and views of the target's zones that no node of the project makes any more:
    `dbt run-operation drop_orphans` says which, `--args '{dry_run: false}'` drops them, data
    included. A build's own temporary tables are not orphans. -#}
{% macro drop_orphans(dry_run=true) -%}
    {%- set known = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ["model", "seed", "snapshot"] -%}
        {%- do known.append(node.schema ~ "." ~ node.alias) -%}
    {%- endfor -%}
    {%- set count = namespace(value=0) -%}
    {%- for zone in ["integration", "curated", "snapshots"] -%}
        {%- set database = _database_of(target.schema, zone, "drop_orphans") -%}
        {%- for name in _find_orphans(database, _tables_in(database), known) -%}
            {%- if not dry_run -%}
                {%- do adapter.drop_relation(
                    adapter.get_relation(target.database, database, name)
                ) -%}
            {%- endif -%}
            {%- set verb = "would drop " if dry_run else "dropped " -%}
            {%- do log(verb ~ database ~ "." ~ name, info=true) -%}
            {%- set count.value = count.value + 1 -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if count.value == 0 -%}
        {%- do log("no orphan: every table is made by a node of the project", info=true) -%}
    {%- elif dry_run -%}
        {%- do log("nothing was dropped: say --args '{dry_run: false}' to do it", info=true) -%}
    {%- endif -%}
{%- endmacro %}

{% macro _tables_in(database) -%}
    {%- set query -%}
        select table_name from information_schema.tables
        where table_schema = '{{ database }}'
        order by table_name
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}

{#- The names of a database's tables that are not known and not temporary. -#}
{% macro _find_orphans(database, names, known) -%}
    {%- set orphans = [] -%}
    {%- for name in names -%}
        {%- set is_temporary = "__dbt_tmp" in name or name.endswith("__bkp") -%}
        {%- if database ~ "." ~ name not in known and not is_temporary -%}
            {%- do orphans.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(orphans) }}
{%- endmacro %}
