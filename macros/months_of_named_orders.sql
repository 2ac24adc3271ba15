{#- The months of `int_orders` (`YYYY-MM`, none for no month) in which the orders lie that a run
    names. Orders that landed say when they were created. The others are looked for in the months
    that the table has, newest first, in portions of 1, 2, 4, … months, until all are found: an
    order of any age is found, and what is read follows its age. Who knows since when an order can
    have been created (`created_from`) need not look further back for one that has not come. -#}
{% macro months_of_named_orders(named, orders) -%}
    {%- if not (can_be_asked(named) and can_be_asked(orders)) -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set all_named = "select created_at, cast(null as timestamp) as created_from from " -%}
    {%- set told = _counts_by_month(all_named ~ named) -%}
    {%- set untold = told.undated.pop(none, 0) -%}
    {%- set search = namespace(dated=0, undated=untold, months=told.undated.keys() | list) -%}
    {%- if search.undated -%}
        {%- set since = _created_since(named) -%}
        {%- set search.dated = since.order_count -%}
        {%- set search.undated = search.undated - since.order_count -%}
        {%- for piece in growing_portions(created_months(orders)) -%}
            {%- set portion = months_to_search(piece, search.dated, search.undated, since.month) -%}
            {%- set found = _found_by_month(named, orders, portion) -%}
            {%- set search.dated = search.dated - found.dated.values() | sum -%}
            {%- set search.undated = search.undated - found.undated.values() | sum -%}
            {%- set search.months = search.months + found.dated.keys() | list -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(search.months | unique | list + [none]) }}
{%- endmacro %}

{#- Which months of a portion can still hold an order that is looked for. dated, undated: how many
    orders are missing of which it is known, or not, that none was created before the month
    `since`. -#}
{% macro months_to_search(portion, dated, undated, since) -%}
    {%- if undated > 0 -%}
        {{ return(portion) }}
    {%- elif dated > 0 -%}
        {{ return(portion | select("ge", since) | list) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}

{#- The orders looked for that lie in one of the months, counted as in `_counts_by_month`. -#}
{% macro _found_by_month(named, orders, months) -%}
    {%- if not months -%}
        {{ return({"dated": {}, "undated": {}}) }}
    {%- endif -%}
    {%- set query -%}
        select orders.created_at, named.created_from
        from {{ orders }} as orders
        inner join {{ named }} as named on orders.order_id = named.order_id
        where
            named.created_at is null
            and ({{ months_condition("orders.created_at", months) }})
    {%- endset -%}
    {{ return(_counts_by_month(query)) }}
{%- endmacro %}

{#- Of the named orders that are looked for: how many have a `created_from`, and the month of the
    earliest. -#}
{% macro _created_since(named) -%}
    {%- set query -%}
        select
            count(created_from) as order_count,
            date_format(min(created_from), '%Y-%m') as month_text
        from {{ named }}
        where created_at is null
    {%- endset -%}
    {%- set count, month = run_query(query).rows[0].values() -%}
    {{ return({"order_count": count | int, "month": month}) }}
{%- endmacro %}

{#- Rows of a query by the month (`YYYY-MM`) of its `created_at`: those with a `created_from`, and
    those without. -#}
{% macro _counts_by_month(query) -%}
    {%- set counted -%}
        select
            date_format(counted.created_at, '%Y-%m') as month_text,
            count(counted.created_from) as dated_count,
            count(*) - count(counted.created_from) as undated_count
        from ({{ query }}) as counted
        group by 1
    {%- endset -%}
    {%- set counts = {"dated": {}, "undated": {}} -%}
    {%- for month, dated, undated in run_query(counted).rows -%}
        {%- do counts.dated.update({month: dated | int}) -%}
        {%- do counts.undated.update({month: undated | int}) -%}
    {%- endfor -%}
    {{ return(counts) }}
{%- endmacro %}

{#- The months (`YYYY-MM`) of a table partitioned by `month(created_at)`, newest first, from its
    metadata: of all its partitions or of those for which a condition on `$partitions` is true. -#}
{% macro created_months(relation, condition="true") -%}
    {%- set query -%}
        select date_format(
            date_add('month', partition.created_at_month, date '1970-01-01'), '%Y-%m'
        ) as month_text
        from {{ metadata_table(relation, "partitions") }}
        where partition.created_at_month is not null and ({{ condition }})
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
