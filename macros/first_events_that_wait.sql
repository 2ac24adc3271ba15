{#- A query of the orders that have not come, as far as an event told earlier that they were
    created: order_id and created_from. Such events lie in the null month of `int_order_events`,
    which is built after whoever asks: this is what the run before left there. -#}
{% macro first_events_that_wait() -%}
    {%- set events = _relation_of("int_order_events") if execute else none -%}
    {%- if can_be_asked(events) -%}
        {%- set source = events ~ " where _order_created_at is null and event_type = 'created'" -%}
    {%- else -%}
        {%- set source = "(values (cast(null as varchar), cast(null as timestamp)))"
            ~ " as t (order_id, occurred_at) where false" -%}
    {%- endif -%}
    {{ return(
        "select order_id, min(occurred_at) as created_from from " ~ source ~ " group by order_id"
    ) }}
{%- endmacro %}
