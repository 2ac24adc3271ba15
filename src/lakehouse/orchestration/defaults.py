"""The arguments that every DAG and every task starts from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lakehouse.orchestration.callbacks import (
    on_dag_failure,
    on_dag_success,
    on_failure,
    on_retry,
)
from lakehouse.orchestration.deadlines import deadline_after
from lakehouse.orchestration.retries import TransientOnly
from lakehouse.orchestration.task_log import begin_task

OWNER = "data-platform"
RUN_LIMIT = timedelta(hours=3)
"""By then a run must be done, where its DAG says nothing else."""

DEFAULT_ARGS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    # A multiplier: True would be 1, which is no back-off. Airflow adds jitter by itself.
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=15),
    "retry_policy": TransientOnly(),
    "execution_timeout": timedelta(hours=1),
    "on_execute_callback": begin_task,
    "on_failure_callback": on_failure,
    "on_retry_callback": on_retry,
}

DAG_ARGS: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    # Airflow switches a DAG off after so many failed runs on end; a person switches it on again.
    "max_consecutive_failed_dag_runs": 3,
    "default_args": DEFAULT_ARGS,
    "deadline": deadline_after(RUN_LIMIT, OWNER),
    "on_failure_callback": on_dag_failure,
    "on_success_callback": on_dag_success,
}
"""The arguments that every DAG starts from."""
