{#- What the newest version of a key says in a column at the end of the day on which a row of a raw
    table landed, by all that had landed until then: an older version that comes late has no say. So
    days and a full refresh tell the same past of a key. -#}
{% macro newest_by_day(column, key) -%}
    max_by({{ column }}, row(updated_at, _source_sequence, ingest_date)) over (
        partition by {{ key }} order by ingest_date
    )
{%- endmacro %}
