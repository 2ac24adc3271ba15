{{ config(meta={'scan': 'day'}) }}

-- A returned row is a batch of which landing notes other counts than raw and the rejected rows
-- have, or whose counts do not add up, or that raw has and landing never noted. Days of which no
-- note is kept any longer are left out. Of raw, every source there is, no column is read.
{% set since = "ingest_date >= date '" ~ var("run_date") ~ "'" %}
with noted as (
    select
        feed,
        ingest_date,
        read_count,
        if(state = 'held', read_count - rejected_count, 0) as held_count,
        written_count,
        rejected_count
    from {{ source('ops', 'batches') }}
    where {{ since }}
),

landed as (
    {% for raw in graph.sources.values() if raw.source_name != 'ops' %}
        select
            '{{ raw.name }}' as feed,
            ingest_date,
            count(*) as row_count
        from {{ raw.relation_name }}
        where {{ since }}
        group by ingest_date
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

rejected as (
    select
        feed,
        ingest_date,
        count(*) as row_count
    from {{ source('ops', 'rejected_rows') }}
    where {{ since }}
    group by feed, ingest_date
),

batches as (
    select
        coalesce(noted.feed, landed.feed, rejected.feed) as feed,
        coalesce(noted.ingest_date, landed.ingest_date, rejected.ingest_date) as ingest_date,
        noted.read_count,
        noted.held_count,
        noted.written_count,
        noted.rejected_count,
        coalesce(landed.row_count, 0) as raw_rows,
        coalesce(rejected.row_count, 0) as rejected_rows
    from noted
    full outer join landed
        on noted.feed = landed.feed and noted.ingest_date = landed.ingest_date
    full outer join rejected
        on
            rejected.feed = coalesce(noted.feed, landed.feed)
            and rejected.ingest_date = coalesce(noted.ingest_date, landed.ingest_date)
)

select *
from batches
where
    batches.ingest_date in (select noted.ingest_date from noted)
    and (
        read_count is null
        or read_count <> written_count + held_count + rejected_count
        or written_count <> raw_rows
        or rejected_count <> rejected_rows
    )
