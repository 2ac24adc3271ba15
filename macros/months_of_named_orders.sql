{#- The months of `int_orders` (`YYYY-MM`, none for no month) in which the orders lie that a run
    names. Orders that landed say when they were created. The others are looked for in the months
    that the table has, newest first, in portions of 1, 2, 4, … months, until all are found: an
    order of any age is found, and what is read follows its age. One that is in none has not come:
    all months are read for it, and the log says so. That happens once: afterwards its rows wait. -#}
{% macro months_of_named_orders(named, orders) -%}
    {%- if not (can_be_asked(named) and can_be_asked(orders)) -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set counts = _counts_by_month(orders_to_find(named, orders_that_wait())) -%}
    {%- set search = namespace(missing=counts.pop(none, 0), months=counts.keys() | list) -%}
    {%- if search.missing -%}
        {%- for portion in growing_portions(created_months(orders)) if search.missing -%}
            {%- set found = _found_by_month(named, orders, portion) -%}
            {%- set search.missing = search.missing - found.values() | sum -%}
            {%- set search.months = search.months + found.keys() | list -%}
        {%- endfor -%}
        {%- if search.missing -%}
            {%- do log(
                "orders that landed rows name and that have not come: " ~ search.missing
                ~ " (every month of int_orders was read; their rows wait)",
                info=true
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(search.months | unique | list + [none]) }}
{%- endmacro %}

{#- A query of the orders that a run has to know the months of, with their `created_at`: null where
    it has to be looked for. An order that was looked for in vain is left out until it comes. -#}
{% macro orders_to_find(named, waiting) -%}
    {{ return(
        "select named.order_id, named.created_at from " ~ named ~ " as named"
        ~ " left join (" ~ waiting ~ ") as waiting on named.order_id = waiting.order_id"
        ~ " where named.created_at is not null or waiting.order_id is null"
    ) }}
{%- endmacro %}

{#- How many of the orders looked for lie in each of the months that has any. -#}
{% macro _found_by_month(named, orders, months) -%}
    {%- set sought = orders_to_find(named, orders_that_wait()) -%}
    {%- set query -%}
        select orders.created_at
        from {{ orders }} as orders
        inner join ({{ sought }}) as sought on orders.order_id = sought.order_id
        where
            sought.created_at is null
            and ({{ months_condition("orders.created_at", months) }})
    {%- endset -%}
    {{ return(_counts_by_month(query)) }}
{%- endmacro %}

{#- How many rows of a query there are by the month (`YYYY-MM`, none without) of `created_at`. -#}
{% macro _counts_by_month(query) -%}
    {%- set counted -%}
        select
            date_format(counted.created_at, '%Y-%m') as month_text,
            count(*) as order_count
        from ({{ query }}) as counted
        group by 1
    {%- endset -%}
    {%- set counts = {} -%}
    {%- for month, order_count in run_query(counted).rows -%}
        {%- do counts.update({month: order_count | int}) -%}
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
