{#- A query of the orders (order_id) for which rows wait that an earlier run put there, in the null
    months of the tables of what belongs to an order. Each was looked for in all months when the first
    of its rows came, and was not there; when it comes, it lands and says itself when it was created.
    Those tables are built after whoever asks: this is what the runs before left. A row that landed
    since the run's date says nothing, so that a run that is repeated looks again. -#}
{% macro orders_that_wait() -%}
    {%- set queries = [] -%}
    {%- for child in ["int_order_items", "int_payments", "int_reviews", "int_order_events"] -%}
        {%- set rows = _relation_of(child) if execute else none -%}
        {%- if can_be_asked(rows) -%}
            {%- do queries.append(
                "select order_id from " ~ rows ~ " where _order_created_at is null"
                ~ " and _landed_date < date '" ~ var("run_date") ~ "'"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set none_waits = "select order_id from (values cast(null as varchar)) as t (order_id)"
        ~ " where false" -%}
    {{ return(queries | join(" union ") or none_waits) }}
{%- endmacro %}
