{#- A query of the rows that landed on the run's business date or later and are neither in a model
    nor superseded there: their key is missing, the model shows an older version of it, or it shows
    this version with other values. Landing refuses the others, with a reason (`rejected_rows`). Of
    a backfill, rows up to its last day: what landed later may not be built yet.
    keys, values: a column of the model to the SQL of the same in raw. clock: the same for what orders
    versions; `_source_sequence` orders equal clocks. keeps: `newest` or `oldest` of the versions.
    month_of: the column by whose month the model is partitioned, which is the creation of the order;
    then only the model's rows of these landings are read, and the months of the orders of which a key
    is not among them. since: another date than the run's. -#}
{% macro rows_not_kept(
    model, raw, keys, clock, values={}, keeps="newest", month_of=none, since=none
) -%}
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
    {%- set months = _months_of_keys_kept_before(model, raw, keys) if month_of else [] -%}
with landed as (
    select
        {{ read | join(", ") }},
        _source_sequence
    from {{ raw }}
    where {{ landed_between(since or var("run_date"), var("run_until")) }}
),

kept as (
    select
        {{ columns | join(", ") }},
        _source_sequence
    from {{ model }}
    {%- if month_of %}
    where _landed_date >= date '{{ var("run_date") }}'
    union
    select
        {{ columns | join(", ") }},
        _source_sequence
    from {{ model }}
    where {{ months_condition(month_of, months) if months else "false" }}
    {%- endif %}
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

{#- In which months (`YYYY-MM`, none for no month) the orders were created that landed rows name
    whose key is not among the model's rows of the same landings. -#}
{% macro _months_of_keys_kept_before(model, raw, keys) -%}
    {%- set changed = ref("int_changed_orders") -%}
    {%- if not can_be_asked(changed) -%}
        {{ return([none]) }}
    {%- endif -%}
    {%- set read, same_key = [], [] -%}
    {%- for column, expression in keys.items() -%}
        {%- do read.append(expression ~ " as key_" ~ loop.index) -%}
        {%- do same_key.append("landed.key_" ~ loop.index ~ " = kept." ~ column) -%}
    {%- endfor -%}
    {%- set query -%}
        select distinct date_format(changed.created_at, '%Y-%m') as month_text
        from (
            select order_id as named_order_id, {{ read | join(", ") }}
            from {{ raw }}
            where {{ landed_between(var("run_date"), var("run_until")) }}
        ) as landed
        left join (
            select {{ keys | join(", ") }}
            from {{ model }}
            where _landed_date >= date '{{ var("run_date") }}'
        ) as kept on {{ same_key | join(" and ") }}
        left join {{ changed }} as changed on landed.named_order_id = changed.order_id
        where kept.{{ keys | first }} is null
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}
