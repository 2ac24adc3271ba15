"""Tasks that are skipped, and why: a source that is left alone, and what was to be built of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from lakehouse.errors import SourcePausedError
from lakehouse.orchestration.notifications.callbacks import source_is_left_alone

PAUSED = "paused"
"""The XCom in which a skipped task of landing says why."""


def skips_when_paused(land: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    """Skip a task that lands a feed while the breaker of its source is open.

    Raises:
        AirflowSkipException: in place of SourcePausedError, with its sentence.
    """

    @wraps(land)
    def run(feed: str, day: str) -> str | None:
        try:
            return land(feed, day)
        except SourcePausedError as error:
            from airflow.sdk import get_current_context
            from airflow.sdk.exceptions import AirflowSkipException

            context = get_current_context()
            context["ti"].xcom_push(key=PAUSED, value=str(error))
            source_is_left_alone(error.source, str(error), context)
            raise AirflowSkipException(str(error)) from error

    return run


def skip_without_sources(context: Any) -> None:
    """What the first task of a build does first: nothing is built while a feed was skipped, as
    figures of half the sources are wrong ones.

    Raises:
        AirflowSkipException: a task before it was skipped; it says which, and why.
    """
    before = sorted(context["task"].upstream_task_ids)
    found = context["ti"].xcom_pull(task_ids=before, key=PAUSED) or []
    reasons = [reason for reason in found if reason]
    if reasons:
        from airflow.sdk.exceptions import AirflowSkipException

        raise AirflowSkipException("nothing is built: " + "; ".join(reasons))
