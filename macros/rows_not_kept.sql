{#- A query of the rows that landed on the run's business date or later and are neither in a model
    nor superseded there: their key is missing, the model shows an older version of it, or it shows
    this version with other values. Landing refuses the others, with a reason (`rejected_rows`).
    keys, values: a column of the model to the SQL of the same in raw. clock: the same for what orders
    versions; `_source_sequence` orders equal clocks. keeps: `newest` or `oldest` of the versions.
    where: a condition that bounds which rows of the model are read. -#}
{% macro rows_not_kept(model, raw, keys, clock, values={}, keeps="newest", where="true") -%}
    {%- set columns = dict(keys, **values) -%}
    {%- do columns.update(clock) -%}
    {%- set read, same_key, other_values, shown = [], [], [], [] -%}
    {%- for column, expression in columns.items() -%}
        {%- do read.append(expression ~ " as " ~ column) -%}
    {%- endfor -%}
    {%- for column in keys -%}
        {%- do same_key.append("landed." ~ column ~ " = kept." ~ column) -%}
        {%- do shown.append("landed." ~ column) -%}
    {%- endfor -%}
    {%- for column in values -%}
        {%- do other_values.append("landed." ~ column ~ " is distinct from kept." ~ column) -%}
    {%- endfor -%}
    {%- set clock = clock.keys() | first -%}
    {%- set is_older = "<" if keeps == "newest" else ">" -%}
with landed as (
    select
        {{ read | join(", ") }},
        _source_sequence
    from {{ raw }}
    where ingest_date >= date '{{ var("run_date") }}'
),

kept as (
    select
        {{ columns | join(", ") }},
        _source_sequence
    from {{ model }}
    where {{ where }}
)

select
    {{ shown | join(", ") }},
    landed.{{ clock }} as landed_{{ clock }},
    kept.{{ clock }} as kept_{{ clock }}
from landed
left join kept on {{ same_key | join(" and ") }}
where
    kept.{{ clock }} is null
    or kept.{{ clock }} {{ is_older }} landed.{{ clock }}
    or (
        kept.{{ clock }} = landed.{{ clock }}
        and kept._source_sequence {{ is_older }} landed._source_sequence
    )
    or (
        kept.{{ clock }} = landed.{{ clock }}
        and kept._source_sequence = landed._source_sequence
        and ({{ other_values | join(" or ") or "false" }})
    )
{%- endmacro %}
