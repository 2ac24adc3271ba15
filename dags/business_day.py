"""Tell landing that a business date is over; every other DAG of that date follows from this one.

At 06:00 America/Sao_Paulo for the day before. The run's partition key is the business date, and is
handed on from Asset to Asset. A range of days: `airflow backfill create --dag-id business_day`.
Over a made-up marketplace nothing runs by itself: a run moves the sources to the end of its day,
once what was started before has been landed and built, and never back.
On failure: docs/en/runbooks/business_day.md.
"""

import os

import pendulum
from airflow.sdk import dag, task

from lakehouse.orchestration import tasks
from lakehouse.orchestration.assets import business_day_asset, updates_day
from lakehouse.orchestration.business_date import DAY, day_params
from lakehouse.orchestration.defaults import DAG_ARGS
from lakehouse.orchestration.landing import source_systems
from lakehouse.orchestration.schedule import daily_schedule, is_made_up
from lakehouse.orchestration.waiting import waits_for


@dag(
    schedule=daily_schedule(os.environ),
    start_date=pendulum.datetime(2025, 1, 1, tz="America/Sao_Paulo"),
    params=day_params(),
    doc_md=__doc__,
    tags=["domain:platform", "zone:raw"],
    **DAG_ARGS,
)
def business_day() -> None:
    prepare = task(tasks.prepare_lake)()
    close = task(
        updates_day(business_day_asset(), tasks.close_day), outlets=[business_day_asset()]
    )(DAY)
    prepare >> close
    if is_made_up(os.environ):
        landing = waits_for("landing", *(f"landing__{each.name}" for each in source_systems()))
        build = waits_for("build", "transform")
        landing >> build >> prepare


business_day()
