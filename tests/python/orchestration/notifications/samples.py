"""Events that tests of notifications share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lakehouse.orchestration.notifications import Event

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

FAILED = Event(
    kind="failure",
    incident="dag.land_payments",
    at=NOON,
    dag_id="land_payments",
    run_id="scheduled__2026-06-01",
    task_id="land_payments",
    try_number=3,
    owner="payments",
    error="payments: status 503",
    error_kind="transient",
    log_url="http://127.0.0.1:8080/dags/land_payments/runs/r/tasks/land_payments?try_number=3",
    runbook="runbooks/land_payments.md",
)


def event(kind: Any = "failure", **changes: Any) -> Event:
    """A failed task of the DAG land_payments, changed."""
    return replace(FAILED, kind=kind, **changes)
