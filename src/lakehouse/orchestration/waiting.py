"""Waiting for other DAGs."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task


def no_run_of(dag_ids: list[str]) -> bool:
    """Whether no run of some DAGs is at work or about to be."""
    from airflow.sdk import get_current_context

    instance = get_current_context()["ti"]
    at_work = ["running", "queued"]
    return not any(instance.get_dr_count(dag_id=each, states=at_work) for each in dag_ids)


def waits_for(name: str, *dag_ids: str, seconds: int = 5) -> Any:
    """A task that waits, for six hours at the most, until no run of some DAGs is at work."""
    return task.sensor(
        task_id=f"wait_for_{name}",
        poke_interval=seconds,
        timeout=6 * 3600,
        mode="reschedule",
    )(no_run_of)(list(dag_ids))
