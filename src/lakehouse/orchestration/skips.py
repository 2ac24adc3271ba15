"""Tasks that are skipped, and why: a source that is silent, and what was to be built of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from lakehouse.errors import SourcePausedError, SourceUnavailableError
from lakehouse.orchestration.notifications.callbacks import source_is_silent
from lakehouse.transience import is_transient

PAUSED = "paused"
"""The XCom in which a skipped task of landing says why."""


def skips_when_paused(land: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    """Skip a task that lands a feed while the breaker of its source is open, or whose last try the
    source did not answer.

    Raises:
        AirflowSkipException: in place of SourcePausedError, and of a SourceUnavailableError that
            may pass, with its sentence.
    """

    @wraps(land)
    def run(feed: str, day: str) -> str | None:
        try:
            return land(feed, day)
        except (SourcePausedError, SourceUnavailableError) as error:
            from airflow.sdk import get_current_context
            from airflow.sdk.exceptions import AirflowSkipException

            context = get_current_context()
            instance = context["ti"]
            is_asked_again = instance.try_number <= instance.max_tries or not is_transient(error)
            if isinstance(error, SourceUnavailableError) and is_asked_again:
                raise
            instance.xcom_push(key=PAUSED, value=str(error))
            source_is_silent(error, context)
            raise AirflowSkipException(str(error)) from error

    return run


def confirm_landed(day: str) -> None:
    """The last task of landing: a day counts as landed when none of its feeds was skipped.

    Raises:
        AirflowSkipException: a task before it was skipped; it says which, and why.
    """
    from airflow.sdk import get_current_context

    context = get_current_context()
    before = sorted(context["task"].upstream_task_ids)
    found = context["ti"].xcom_pull(task_ids=before, key=PAUSED) or []
    _skip_for(f"{day} has not landed", [reason for reason in found if reason])


def skip_without_sources(day: str) -> None:
    """The first task of a build: nothing is built of a day while a feed that was due has no batch
    of it, as figures of half the sources are wrong ones.

    Raises:
        AirflowSkipException: naming the feeds.
    """
    from lakehouse.orchestration.tasks import find_missing

    _skip_for(f"nothing is built of {day}", find_missing(day))


def _skip_for(consequence: str, reasons: list[Any]) -> None:
    if reasons:
        from airflow.sdk.exceptions import AirflowSkipException

        raise AirflowSkipException(f"{consequence}: {'; '.join(reasons)}")
