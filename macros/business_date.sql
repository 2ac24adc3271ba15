{#- The day that "today" means in a report: the run's business date, or the newest day that landed,
    whichever is later. So a day or a range that is built again takes no report back. Never the
    clock. -#}
{% macro business_date(landed_relation) -%}
    {{ return(_business_date(var("run_date"), landed_relation)) }}
{%- endmacro %}

{% macro _business_date(run_date, landed_relation) -%}
    (
        select coalesce(greatest(date '{{ run_date }}', max(_landed_date)), date '{{ run_date }}')
        from {{ landed_relation }}
    )
{%- endmacro %}
