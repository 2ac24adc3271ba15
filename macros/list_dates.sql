{#- A query of the business dates of a relation's full lists, each with those of the list before and
    of the one after. What a list has and the next one lacks is gone since the next one's date. -#}
{% macro list_dates(relation) -%}
    select
        ingest_date,
        lag(ingest_date) over (order by ingest_date) as previous_date,
        lead(ingest_date) over (order by ingest_date) as next_date
    from {{ relation }}
    group by ingest_date
{%- endmacro %}
