"""Land the business date of each source system: a DAG a system, a task a feed.

A DAG runs for every business date that is over, beside the others. While the breaker of a source
is open its feeds are skipped, the day does not count as landed and nothing is built of it; run the
day again when the source is back. Safe to repeat: a batch is landed once.
On failure: docs/en/runbooks/landing.md.
"""

from airflow.sdk import DAG, dag, task

from lakehouse.orchestration import tasks
from lakehouse.orchestration.assets import (
    business_day_asset,
    landed_asset,
    raw_alias,
    updates_day,
    updates_raw,
)
from lakehouse.orchestration.business_date import DAY, day_params, when_all_have
from lakehouse.orchestration.deadlines import deadline_after
from lakehouse.orchestration.defaults import DAG_ARGS, RUN_LIMIT
from lakehouse.orchestration.landing import SourceSystem, source_systems
from lakehouse.orchestration.skips import confirm_landed, skips_when_paused


def landing_dag(system: SourceSystem) -> DAG:
    """The DAG of a source system."""

    @dag(
        dag_id=f"landing__{system.name}",
        schedule=when_all_have(business_day_asset()),
        params=day_params(),
        doc_md=f"{system.docs}\n\n{__doc__}",
        tags=["landing", "zone:raw", f"source:{system.name}"],
        **{**DAG_ARGS, "deadline": deadline_after(RUN_LIMIT, system.team)},
    )
    def landing() -> None:
        landed = landed_asset(system.name)
        confirm = task(
            updates_day(landed, confirm_landed),
            task_id="landed",
            outlets=[landed],
            owner=system.team,
            trigger_rule="none_failed",  # it tells why the day has not landed
        )(DAY)
        for feed in system.feeds:
            land = task(
                skips_when_paused(updates_raw(tasks.land_feed)),
                task_id=f"land_{feed.name}",
                outlets=[raw_alias(feed.name)],
                pool=system.pool,
                owner=feed.team,
                doc_md=feed.docs,
            )
            land(feed.name, DAY) >> confirm

    return landing()


for each in source_systems():
    landing_dag(each)
