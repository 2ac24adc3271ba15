{#- The months of `int_orders` (`YYYY-MM`, none for no month) in which the orders lie that a run
    names. Orders that landed say when they were created. The others are looked for in the months
    that the table has, newest first, in portions of 1, 2, 4, … months, until all are found or all
    was looked through: an order of any age is found, and what is read follows its age. -#}
{% macro months_of_named_orders(named, orders) -%}
    {%- if not (can_be_asked(named) and can_be_asked(orders)) -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set told = _counts_by_month("select created_at from " ~ named) -%}
    {%- set search = namespace(missing=told.pop(none, 0), months=told.keys() | list) -%}
    {%- if search.missing -%}
        {%- for portion in growing_portions(_newest_months(orders)) if search.missing > 0 -%}
            {%- set query -%}
                select orders.created_at
                from {{ orders }} as orders
                inner join {{ named }} as named on orders.order_id = named.order_id
                where
                    named.created_at is null
                    and ({{ months_condition("orders.created_at", portion) }})
            {%- endset -%}
            {%- set found = _counts_by_month(query) -%}
            {%- set search.missing = search.missing - found.values() | sum -%}
            {%- set search.months = search.months + found.keys() | list -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(search.months + [none]) }}
{%- endmacro %}

{#- Rows by month (`YYYY-MM`) of a query's `created_at`. -#}
{% macro _counts_by_month(query) -%}
    {%- set counted -%}
        select
            date_format(counted.created_at, '%Y-%m') as month_text,
            count(*) as row_count
        from ({{ query }}) as counted
        group by 1
    {%- endset -%}
    {%- set counts = {} -%}
    {%- for month, count in run_query(counted).rows -%}
        {%- do counts.update({month: count | int}) -%}
    {%- endfor -%}
    {{ return(counts) }}
{%- endmacro %}

{#- The months of a table that is partitioned by month alone, newest first, from its metadata. -#}
{% macro _newest_months(relation) -%}
    {%- set partitions = api.Relation.create(
        database=relation.database,
        schema=relation.schema,
        identifier=relation.identifier ~ "$partitions"
    ) -%}
    {%- set query -%}
        select date_format(
            date_add('month', partition.created_at_month, date '1970-01-01'), '%Y-%m'
        ) as month_text
        from {{ partitions }}
        where partition.created_at_month is not null
        order by 1 desc
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}

{#- A list in pieces of 1, 2, 4, … elements. -#}
{% macro growing_portions(elements) -%}
    {%- set pieces = [] -%}
    {%- set rest = namespace(elements=elements, size=1) -%}
    {%- for _ in elements if rest.elements -%}
        {%- do pieces.append(rest.elements[: rest.size]) -%}
        {%- set rest.elements = rest.elements[rest.size :] -%}
        {%- set rest.size = 2 * rest.size -%}
    {%- endfor -%}
    {{ return(pieces) }}
{%- endmacro %}
