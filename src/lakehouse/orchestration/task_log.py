"""What the lines of a task's log carry, and what they never hold.

Airflow writes a task's lines by itself, as JSON with `run_id`, `dag_id`, `task_id` and
`try_number`. This adds the trace id that all tasks of a run share, and takes secrets and personal
data out of every line, ours or not, before it leaves the task's process.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog
from airflow.sdk.log import mask_secret

from lakehouse.observability import RedactingFilter, bind_process, trace_id_of
from lakehouse.observability.lines import redact_all
from lakehouse.observability.setup import silence_libraries
from lakehouse.redaction import learn_secrets


def begin_task(context: Any) -> None:
    """Airflow's callback before a task's work."""
    instance = context["ti"]
    secrets = learn_secrets(os.environ)
    silence_libraries()
    for handler in logging.getLogger().handlers:
        if not any(isinstance(each, RedactingFilter) for each in handler.filters):
            handler.addFilter(RedactingFilter())
    processors = structlog.get_config()["processors"]
    if redact_event not in processors:
        # Loggers that were made before hold this very list.
        processors.insert(len(processors) - 1, redact_event)
    for secret in secrets:
        # Airflow's supervisor masks what a task prints, which passes no logger. Not before the
        # lines of this process are masked: at DEBUG it says what it sends.
        mask_secret(secret)
    bind_process(
        run_id=instance.run_id,
        dag_id=instance.dag_id,
        task_id=instance.task_id,
        try_number=str(instance.try_number),
        trace_id=_trace_id(instance.dag_id, instance.run_id),
    )


def redact_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """A processor of structlog: the event without secrets and personal data."""
    del logger, method
    raised = event.pop("exc_info", None)
    error = raised[1] if isinstance(raised, tuple) else raised
    if raised is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exception"] = "".join(traceback.format_exception(error)).rstrip()
    cleaned: dict[str, Any] = redact_all(dict(event))
    return cleaned


def _trace_id(dag_id: str, run_id: str) -> str:
    """That of Airflow's own span where it traces, else one made of the run's names."""
    from opentelemetry import trace

    span = trace.get_current_span().get_span_context()
    return f"{span.trace_id:032x}" if span.is_valid else trace_id_of(dag_id, run_id)
