"""When DAGs run by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from airflow.sdk import CronDataIntervalTimetable, CronPartitionTimetable, PartitionedAtRuntime
from airflow.sdk.bases.timetable import BaseTimetable

from lakehouse.orchestration.assets import curated_asset
from lakehouse.orchestration.business_date import KEY_FORMAT, ZONE, when_all_have
from lakehouse.orchestration.queries import AFTER_BUILD
from lakehouse.orchestration.tasks import demonstration_world


def is_made_up(environ: Mapping[str, str]) -> bool:
    """Whether the sources are those of a made-up marketplace, which a run moves to its day.

    It moves on and never back, so a run that nobody asked for would take the days before out of
    reach.
    """
    return demonstration_world(environ) is not None


def daily_schedule(environ: Mapping[str, str]) -> BaseTimetable:
    """06:00 in São Paulo for the day before; over a made-up marketplace when asked."""
    if is_made_up(environ):
        return PartitionedAtRuntime()
    return CronPartitionTimetable("0 6 * * *", timezone=ZONE, run_offset=-1, key_format=KEY_FORMAT)


def query_schedule(schedule: str, environ: Mapping[str, str]) -> BaseTimetable:
    """Each date that was built, or a cron in São Paulo of the date on which it runs; the latter
    only when asked over a made-up marketplace."""
    if schedule == AFTER_BUILD:
        return when_all_have(curated_asset())
    if is_made_up(environ):
        return PartitionedAtRuntime()
    return CronPartitionTimetable(schedule, timezone=ZONE, key_format=KEY_FORMAT)


def weekly_schedule(environ: Mapping[str, str]) -> BaseTimetable | None:
    """Sundays at 12:00 in São Paulo; None over a made-up marketplace."""
    if is_made_up(environ):
        return None
    return CronDataIntervalTimetable("0 12 * * 0", timezone=ZONE)
