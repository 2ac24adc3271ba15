{#- dbt-athena's MERGE, which this overrides by its name, told in which months of the target lie the
    rows that it can meet: a table partitioned by `month(column)` is read there and nowhere else,
    and a row whose `column` was corrected is found where it lay and written where it belongs. The
    adapter's own `incremental_predicates` cannot say this: they are fixed when dbt parses.
    The months are those of the new rows and those where the target holds their keys now, which two
    columns of the target tell; `meta: {months_from: MODEL}` names a model that knows them without
    (see `changed_months`). -#}
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
        {%- if months_from -%}
            {%- set months = changed_months(ref(months_from)) -%}
        {%- else -%}
            {%- set months = _months_of_keys(tmp_relation, target_relation, unique_key, column) -%}
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

{#- The months of the new rows and of the rows of the target that have their keys. -#}
{% macro _months_of_keys(new_rows, target_relation, unique_key, column) -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    {%- set same_key = [] -%}
    {%- for key in keys -%}
        {%- do same_key.append("target." ~ key ~ " = src." ~ key) -%}
    {%- endfor -%}
    {%- set query -%}
        select date_format({{ column }}, '%Y-%m') as month_text
        from {{ new_rows }}
        union
        select date_format(target.{{ column }}, '%Y-%m') as month_text
        from {{ target_relation }} as target
        inner join {{ new_rows }} as src on {{ same_key | join(" and ") }}
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}

{#- The months, `YYYY-MM`, that a relation's array column `partition_months` holds. None at all
    where there is no connection or no such relation yet. -#}
{% macro changed_months(relation) -%}
    {%- if not execute or load_relation(relation) is none -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query -%}
        select distinct date_format(months.month_start, '%Y-%m') as month_text
        from {{ relation }} as changed
        cross join unnest(changed.partition_months) as months (month_start)
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}

{#- SQL that is true for an instant of one of the months (`YYYY-MM`, UTC; none is the null instant),
    in static bounds, on which Athena prunes; true for every one when there are no months. -#}
{% macro months_condition(instant, months) -%}
    {%- set numbers = [] -%}
    {%- for month in months if month is not none -%}
        {%- set year, number = (month | string).split("-")[:2] -%}
        {%- do numbers.append(year | int * 12 + number | int - 1) -%}
    {%- endfor -%}
    {%- set spans = [] -%}
    {%- for number in numbers | unique | sort -%}
        {%- if spans and spans[-1][1] == number -%}
            {%- do spans.append([spans.pop()[0], number + 1]) -%}
        {%- else -%}
            {%- do spans.append([number, number + 1]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set conditions = [instant ~ " is null"] if none in months else [] -%}
    {%- for span in spans -%}
        {%- do conditions.append(
            instant ~ " >= " ~ _month_start(span[0])
            ~ " and " ~ instant ~ " < " ~ _month_start(span[1])
        ) -%}
    {%- endfor -%}
    {{ return(conditions | join(" or ") or "true") }}
{%- endmacro %}

{#- The first instant of a month, counted from the year 0. -#}
{% macro _month_start(number) -%}
    {{ return("timestamp '%04d-%02d-01 00:00:00'" | format(number // 12, number % 12 + 1)) }}
{%- endmacro %}
