"""Land the day's marketplace deliveries, build and test the models that read them, reconcile.

What the build scanned is kept in `<env>_ops.model_runs`, of a failed one as far as it went.

While the breaker of a source is open its feeds are skipped, and with them the day's build.

The run of business date D (its logical date, America/Sao_Paulo) reads what the sources made visible
up to the end of D. Safe to re-run: a batch is landed once, models merge on their keys.
On failure: docs/en/runbooks/marketplace_daily.md.
"""

import os

import pendulum
from airflow.sdk import dag, task

from lakehouse.orchestration import tasks
from lakehouse.orchestration.assets import curated_asset, raw_alias, updates_asset
from lakehouse.orchestration.dbt import dbt_group
from lakehouse.orchestration.dbt_artifacts import record_cost
from lakehouse.orchestration.defaults import DAG_ARGS
from lakehouse.orchestration.schedule import daily_schedule
from lakehouse.orchestration.skips import skips_when_paused

DAY = "{{ ds }}"


@dag(
    schedule=daily_schedule(os.environ),
    start_date=pendulum.datetime(2025, 1, 1, tz="America/Sao_Paulo"),
    doc_md=__doc__,
    tags=["domain:marketplace", "zone:raw", "zone:curated"],
    **DAG_ARGS,
)
def marketplace_daily() -> None:
    prepare = task(tasks.prepare_lake)()
    deliver = task(tasks.deliver_sources)(DAY)
    reconcile = task(tasks.reconcile_day, outlets=[curated_asset()])(DAY)
    cost = task(record_cost, trigger_rule="all_done")()
    build = dbt_group("dbt", DAY)

    for feed in tasks.feeds():
        land = task(
            skips_when_paused(updates_asset(tasks.land_feed)),
            task_id=f"land_{feed}",
            outlets=[raw_alias(feed)],
        )
        prepare >> deliver >> land(feed, DAY) >> build
    build >> [reconcile, cost]


marketplace_daily()
