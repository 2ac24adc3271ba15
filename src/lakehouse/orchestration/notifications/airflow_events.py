"""Events out of what Airflow hands to callbacks. Airflow itself is not imported to read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lakehouse.errors import SourcePausedError, SourceUnavailableError
from lakehouse.orchestration.notifications.event import Event, Kind
from lakehouse.orchestration.runbooks import page_of
from lakehouse.redaction import redact
from lakehouse.transience import classify

SourceOf = Callable[[str], str | None]
"""The source system of a feed, None where no contract names the feed."""

SOURCE_PAGE = "runbooks/errors.md#75-sourcepausederror"
_ERRORS_PAGE = "runbooks/errors.md"
_LONGEST_ERROR = 600


def task_event(kind: Kind, context: Mapping[str, Any], error: object, source: str | None) -> Event:
    """What happened to a task; it belongs to its source's incident where that did not answer."""
    instance = context["ti"]
    dag_id = str(instance.dag_id)
    return Event(
        kind=kind,
        incident=f"source.{source}" if source else f"dag.{dag_id}",
        at=datetime.now(UTC),
        dag_id=dag_id,
        run_id=str(instance.run_id),
        task_id=str(instance.task_id),
        map_index=-1 if instance.map_index is None else int(instance.map_index),
        try_number=int(instance.try_number or 0),
        owner=str(getattr(getattr(instance, "task", None), "owner", "") or ""),
        error=describe(error),
        error_kind=classify(error).kind if isinstance(error, BaseException) else "",
        log_url=str(getattr(instance, "log_url", "") or ""),
        runbook=SOURCE_PAGE if source else "",
    )


def run_event(kind: Kind, context: Mapping[str, Any], base_url: str) -> Event:
    """What happened to a whole run, of a callback of its DAG."""
    dag = context["dag"]
    run_id = str(context["run_id"])
    return Event(
        kind=kind,
        incident=f"dag.{dag.dag_id}",
        at=datetime.now(UTC),
        dag_id=str(dag.dag_id),
        run_id=run_id,
        owner=str(getattr(dag, "owner", "") or ""),
        error=describe(context.get("reason", "")) if kind == "failure" else "",
        log_url=run_url(base_url, str(dag.dag_id), run_id),
    )


def deadline_event(context: Mapping[str, Any], owner: str, base_url: str) -> Event:
    """A run that is not done in time, of the context of a deadline's callback."""
    run, deadline = context["dag_run"], context["deadline"]
    dag_id, run_id = str(run["dag_id"]), str(run.get("dag_run_id") or run.get("run_id"))
    return Event(
        kind="deadline",
        incident=f"dag.{dag_id}",
        at=datetime.now(UTC),
        dag_id=dag_id,
        run_id=run_id,
        owner=owner,
        error=f"{run.get('state', '')}, {deadline['deadline_time']}".strip(", "),
        log_url=run_url(base_url, dag_id, run_id),
    )


def with_runbook(event: Event, docs: Path) -> Event:
    """The event with the page of its DAG, or that of errors where the DAG has none."""
    if event.runbook:
        return event
    page = page_of(event.dag_id)
    return replace(event, runbook=page if (docs / page).is_file() else _ERRORS_PAGE)


def find_source(error: object, source_of: SourceOf) -> str | None:
    """The source system whose silence an error is; None for every other error."""
    seen: set[int] = set()
    current = error if isinstance(error, BaseException) else None
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, SourcePausedError):
            return current.source
        if isinstance(current, SourceUnavailableError):
            return source_of(current.feed)
        current = current.__cause__
    return None


def describe(error: object) -> str:
    """An error on one line, without secrets and personal data, and not long."""
    text = " ".join(redact(str(error or "")).split())
    if not text and isinstance(error, BaseException):
        text = type(error).__name__
    return text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"


def run_url(base_url: str, dag_id: str, run_id: str) -> str:
    """Where a person looks at a run; "" where no address is known."""
    if not base_url:
        return ""
    return f"{base_url.rstrip('/')}/dags/{quote(dag_id)}/runs/{quote(run_id)}"
