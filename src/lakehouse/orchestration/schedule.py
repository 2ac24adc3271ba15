"""When DAGs run by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from airflow.timetables.interval import CronDataIntervalTimetable

from lakehouse.orchestration.tasks import demonstration_world


def daily_schedule(environ: Mapping[str, str]) -> CronDataIntervalTimetable | None:
    """06:00 in São Paulo for the day before; None over a made-up marketplace.

    A run moves that marketplace to its day and never back, so a run that nobody asked for would
    take the days before out of reach.
    """
    return _unless_made_up("0 6 * * *", environ)


def weekly_schedule(environ: Mapping[str, str]) -> CronDataIntervalTimetable | None:
    """Sundays at 12:00 in São Paulo; None over a made-up marketplace."""
    return _unless_made_up("0 12 * * 0", environ)


def _unless_made_up(cron: str, environ: Mapping[str, str]) -> CronDataIntervalTimetable | None:
    if demonstration_world(environ) is not None:
        return None
    return CronDataIntervalTimetable(cron, timezone="America/Sao_Paulo")
