{#- A returned row is a period of a key that does not end where the next one begins, has no end
    before the last or one at the last, or is empty or turned round: so there is no gap, no overlap,
    and one current row. -#}
{% test periods_touch(model, key, valid_from, valid_to) %}
with followed as (
    select
        {{ key }} as period_key,
        {{ valid_from }} as period_from,
        {{ valid_to }} as period_to,
        lead({{ valid_from }}) over (
            partition by {{ key }}
            order by {{ valid_from }}
        ) as next_from
    from {{ model }}
)

select *
from followed
where
    period_from is null
    or period_to is distinct from next_from
    or period_to <= period_from
{% endtest %}
