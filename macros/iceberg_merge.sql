{#- dbt-athena's MERGE, which this overrides by its name, told in which months of the target lie the
    rows that it can meet: a table partitioned by `month(column)` is read there and nowhere else.
    The adapter's own `incremental_predicates` cannot say this: they are fixed when dbt parses.
    The months are those of the new rows, and the null month, where rows wait for what they belong
    to: right for a column that never changes for a key. Where it may change, `meta: {months_from: …}`
    names the model that has the months of all that it ever was: `int_changed_orders` (see
    `changed_months`) or `int_marketing_leads` (see `months_of_landed_leads`). -#}
{% macro iceberg_merge(
    on_schema_change,
    tmp_relation,
    target_relation,
    unique_key,
    incremental_predicates,
    existing_relation,
    delete_condition,
    update_condition,
    insert_condition,
    force_batch,
    statement_name="main"
) -%}
    {%- set predicates = (incremental_predicates or []) | list -%}
    {%- set column = _month_partition(config.get("partitioned_by") or []) -%}
    {%- if column -%}
        {%- set months_from = (config.get("meta") or {}).get("months_from") -%}
        {%- if months_from == "int_changed_orders" -%}
            {%- set months = changed_months()[column] -%}
        {%- elif months_from == "int_marketing_leads" -%}
            {%- set months = months_of_landed_leads() -%}
        {%- else -%}
            {%- set months = _months_of_rows(tmp_relation, column) -%}
        {%- endif -%}
        {%- do predicates.append("(" ~ months_condition("target." ~ column, months) ~ ")") -%}
    {%- endif -%}
    {{- dbt.iceberg_merge(
        on_schema_change,
        tmp_relation,
        target_relation,
        unique_key,
        predicates or none,
        existing_relation,
        delete_condition,
        update_condition,
        insert_condition,
        force_batch,
        statement_name
    ) -}}
{%- endmacro %}

{#- The column of a table's `month(column)` transform; none when it has no such partition. -#}
{% macro _month_partition(partitioned_by) -%}
    {%- for transform in partitioned_by -%}
        {%- set found = modules.re.fullmatch("month\\((\\w+)\\)", transform) -%}
        {%- if found -%}{{ return(found.group(1)) }}{%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{#- The months (`YYYY-MM`) of a relation's rows by one of its columns, and none, the null's. -#}
{% macro _months_of_rows(relation, column) -%}
    {%- set query -%}
        select distinct date_format({{ column }}, '%Y-%m') as month_text
        from {{ relation }}
        where {{ column }} is not null
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list + [none]) }}
{%- endmacro %}
