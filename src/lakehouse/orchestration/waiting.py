"""Waiting for other DAGs."""

from __future__ import annotations


def no_run_of(dag_id: str) -> bool:
    """Whether no run of a DAG is at work or about to be."""
    from airflow.sdk import get_current_context

    instance = get_current_context()["ti"]
    count: int = instance.get_dr_count(dag_id=dag_id, states=["running", "queued"])
    return count == 0
