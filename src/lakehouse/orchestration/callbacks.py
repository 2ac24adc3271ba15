"""What happens when a task or a run fails: one line that names it, its run and its runbook, and a
notification where a channel is on."""

from __future__ import annotations

import logging
from typing import Any

from lakehouse.orchestration.notifications import callbacks as notifications
from lakehouse.orchestration.runbooks import runbook_of
from lakehouse.redaction import redact
from lakehouse.transience import classify

_log = logging.getLogger(__name__)


def describe_failure(dag_id: str, task_id: str, run_id: str, try_number: int, error: object) -> str:
    """Return the line that is logged and, where notifiers are configured, sent."""
    kind = f" kind={classify(error).kind}" if isinstance(error, BaseException) else ""
    return (
        f"task failed: dag={dag_id} task={task_id} run={run_id} try={try_number}{kind} "
        f"runbook={runbook_of(dag_id)} error={redact(str(error)).splitlines()[:1]}"
    )


def on_failure(context: dict[str, Any]) -> None:
    """Airflow's failure callback: log the failure with its runbook, and tell it."""
    instance = context["ti"]
    _log.error(
        "%s",
        describe_failure(
            instance.dag_id,
            instance.task_id,
            instance.run_id,
            instance.try_number,
            context.get("exception", ""),
        ),
    )
    notifications.task_failed(context)


def on_retry(context: dict[str, Any]) -> None:
    """Airflow's callback of a task that is tried again."""
    notifications.task_retries(context)


def on_dag_failure(context: dict[str, Any]) -> None:
    """Airflow's callback of a run that failed."""
    notifications.run_failed(context)


def on_dag_success(context: dict[str, Any]) -> None:
    """Airflow's callback of a run that succeeded."""
    notifications.run_succeeded(context)
