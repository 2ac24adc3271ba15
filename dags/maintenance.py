"""Keep the lake small and quick: compact and expire tables, delete what need not be kept.

Sundays at 12:00 America/Sao_Paulo, after the day's build, never beside it. What tables needed and
got, small files before and after, stands in the log of `maintain`. Tables that the project no
longer makes are named in the log of `orphans`; only a person drops them.
On failure: docs/en/runbooks/maintenance.md.
"""

import os
from datetime import timedelta

import pendulum
from airflow.sdk import dag, task

from lakehouse.orchestration import tasks
from lakehouse.orchestration.dbt import dbt_operation
from lakehouse.orchestration.deadlines import deadline_after
from lakehouse.orchestration.defaults import DAG_ARGS, OWNER
from lakehouse.orchestration.schedule import weekly_schedule
from lakehouse.orchestration.waiting import waits_for


@dag(
    schedule=weekly_schedule(os.environ),
    start_date=pendulum.datetime(2025, 1, 1, tz="America/Sao_Paulo"),
    doc_md=__doc__,
    tags=["domain:platform", "zone:curated", "zone:raw"],
    **{**DAG_ARGS, "deadline": deadline_after(timedelta(hours=12), OWNER)},
)
def maintenance() -> None:
    wait = waits_for("transform", "transform", seconds=300)
    maintain = dbt_operation("maintain", "maintain")
    retention = task(tasks.expire_lake, task_id="retention")()
    orphans = dbt_operation("orphans", "drop_orphans")
    wait >> maintain >> retention >> orphans


maintenance()
