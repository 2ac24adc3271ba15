{#- The first and the last year of the calendar: 2016 to 2030, and beyond them back to the oldest
    purchase and on to the year after the newest, as the statistics of `int_orders` tell. -#}
{% macro calendar_years(orders) -%}
    {%- set purchased = [none, none] -%}
    {%- if can_be_asked(orders) -%}
        {%- set query -%}
            select
                year(min(data.purchase_date_br.min)) as oldest,
                year(max(data.purchase_date_br.max)) as newest
            from {{ metadata_table(orders, "partitions") }}
        {%- endset -%}
        {%- set purchased = run_query(query).rows[0].values() -%}
    {%- endif -%}
    {{ return(_calendar_years(purchased[0], purchased[1])) }}
{%- endmacro %}

{% macro _calendar_years(oldest, newest) -%}
    {{ return([
        [2016, (oldest or 2016) | int] | min,
        [2030, (newest or 2029) | int + 1] | max
    ]) }}
{%- endmacro %}

{#- One of the tables that Iceberg keeps about a table, such as its `partitions`. -#}
{% macro metadata_table(relation, name) -%}
    {{ return(api.Relation.create(
        database=relation.database,
        schema=relation.schema,
        identifier=relation.identifier ~ "$" ~ name
    )) }}
{%- endmacro %}
