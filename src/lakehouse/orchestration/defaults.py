"""The arguments that every task starts from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lakehouse.orchestration.callbacks import on_failure
from lakehouse.orchestration.retries import TransientOnly
from lakehouse.orchestration.task_log import begin_task

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "data-platform",
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    # A multiplier: True would be 1, which is no back-off. Airflow adds jitter by itself.
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=15),
    "retry_policy": TransientOnly(),
    "execution_timeout": timedelta(hours=1),
    "on_execute_callback": begin_task,
    "on_failure_callback": on_failure,
}
