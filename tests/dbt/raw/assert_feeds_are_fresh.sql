{{ config(
    meta={'scan': 'day'},
    fail_calc='coalesce(max(level), 0)', warn_if='> 0', error_if='> 1'
) }}

-- A returned row is a feed whose newest batch is older, at the end of the business date, than its
-- contract promises: level 1 beyond `latency`, which warns, level 2 beyond `maximumLatency`, which
-- fails. A feed that has been silent for three times as long is no longer named, nor is one that
-- never delivered. `dbt source freshness` asks the same by the clock.
{% set feeds = graph.sources.values() | rejectattr('source_name', 'equalto', 'ops') | list %}
with promises as (
    select *
    from (
        values
        {% for raw in feeds %}
            (
                '{{ raw.name }}',
                {{ raw.freshness.warn_after.count }},
                {{ raw.freshness.error_after.count }}
            ){% if not loop.last %},{% endif %}
        {% endfor %}
    ) as promise (feed, warn_hours, error_hours)
),

newest as (
    select
        feed,
        max(ingest_date) as newest_date
    from {{ source('ops', 'batches') }}
    where
        state = 'published'
        and (
            {% for raw in feeds %}
                (
                    feed = '{{ raw.name }}'
                    and ingest_date
                    >= date '{{ var("run_date") }}'
                    - interval '{{ (raw.freshness.error_after.count // 8) + 1 }}' day
                )
                {% if not loop.last %}or{% endif %}
            {% endfor %}
        )
    group by feed
),

today as (
    select greatest(date '{{ var("run_date") }}', max(newest_date)) as business_date
    from newest
),

ages as (
    select
        newest.feed,
        newest.newest_date,
        24 * date_diff('day', newest.newest_date, today.business_date) as age_hours,
        promises.warn_hours,
        promises.error_hours
    from newest
    inner join promises on newest.feed = promises.feed
    cross join today
)

select
    feed,
    newest_date,
    age_hours,
    if(age_hours > error_hours, 2, 1) as level
from ages
where age_hours > warn_hours
