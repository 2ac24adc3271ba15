"""Every DAG: failures and recoveries are told, deadlines set, and one that only fails is paused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.python.dags.conftest import PROJECT

pytestmark = pytest.mark.dag

_DESCRIBE = """
import json, sys
import airflow
from airflow.dag_processing.dagbag import DagBag
def names(callbacks):
    return [each.__name__ for each in callbacks]
found = {}
for dag in DagBag(sys.argv[1]).dags.values():
    found[dag.dag_id] = {
        "callbacks": [dag.on_failure_callback.__name__, dag.on_success_callback.__name__],
        "most_failed_runs": dag.max_consecutive_failed_dag_runs,
        "hours": [each.interval.total_seconds() / 3600 for each in dag.deadline or []],
        "owners": [each.callback.kwargs["owner"] for each in dag.deadline or []],
        "told_by": [each.callback.path for each in dag.deadline or []],
        "tasks": {task.task_id: [names(task.on_failure_callback), names(task.on_retry_callback)]
                  for task in dag.tasks},
    }
with open(sys.argv[2], "w") as out:
    json.dump(found, out)
"""


_HOURS = {"maintenance": 12, "history_rebuild": 26}
# As `queries/` says.
_OWNERS = {
    "scheduled_queries__late_deliveries": "logistics",
    "scheduled_queries__sales_of_the_week": "sales-analytics",
    "transform": "data-platform",
}


def _describe(environ: dict[str, str], out: Path, *argv: str) -> Any:
    command = [sys.executable, "-c", _DESCRIBE, str(PROJECT / "dags"), str(out)]
    if argv:
        # The words of the command line that decide, before those that the script reads.
        script = f"import sys; words = sys.argv[:]; sys.argv[1:] = {list(argv)!r}\n"
        script += _DESCRIBE.replace("sys.argv[1]", "words[1]").replace("sys.argv[2]", "words[2]")
        command[2] = script
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    return json.loads(out.read_text())


def test_dags__all__tell_failures_and_deadlines_and_are_paused_when_they_only_fail(
    airflow_environ: dict[str, str], tmp_path: Path
) -> None:
    dags = _describe(airflow_environ, tmp_path / "facts.json")
    assert len(dags) >= 2
    for dag_id, dag in dags.items():
        assert dag["callbacks"] == ["on_dag_failure", "on_dag_success"], dag_id
        assert dag["most_failed_runs"] == 3, dag_id
        assert dag["hours"] == [_HOURS.get(dag_id, 3)], dag_id
        (path,) = dag["told_by"]
        assert path == "lakehouse.orchestration.notifications.callbacks.run_is_late"
        for task_id, callbacks in dag["tasks"].items():
            assert callbacks == [["on_failure"], ["on_retry"]], task_id
    assert {dag_id: dags[dag_id]["owners"] for dag_id in _OWNERS} == {
        dag_id: [owner] for dag_id, owner in _OWNERS.items()
    }


def test_dags__a_run_that_nobody_schedules__has_no_deadline(
    airflow_environ: dict[str, str], tmp_path: Path
) -> None:
    """Airflow 3.3 cannot end a run of `dags test` when its DAG has one."""
    tried = _describe(airflow_environ, tmp_path / "tried.json", "dags", "test", "maintenance")
    assert {tuple(dag["hours"]) for dag in tried.values()} == {()}
    made_up = {**airflow_environ, "LAKEHOUSE_WORLD_SEED": "42"}
    played = _describe(made_up, tmp_path / "played.json")
    assert {tuple(dag["hours"]) for dag in played.values()} == {()}
