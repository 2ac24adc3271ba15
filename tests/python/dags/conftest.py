"""Airflow in processes of its own: its settings come from the environment at import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent

_DESCRIBE = """
import json, os, sys, time
import airflow
import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.serialization.serialized_objects import DagSerialization, create_scheduler_operator
def timetable(dag):
    core = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).timetable
    assets = getattr(core, "asset_condition", None)
    return {
        "summary": core.summary, "is_partitioned": core.partitioned,
        "assets": sorted(key.name for key, _ in assets.iter_assets()) if assets else [],
    }
def waits(dag, task):
    instance = TaskInstance(create_scheduler_operator(task), dag_version_id=None, run_id="r")
    noon = pendulum.datetime(2026, 6, 2, 12)
    instance.dag_run = DagRun(dag_id=dag.dag_id, run_id="r", logical_date=noon, run_type="manual")
    instance.dag_id, instance.end_date, found = dag.dag_id, noon, []
    for instance.try_number in range(1, 8):
        found.append((instance.next_retry_datetime() - instance.end_date).total_seconds())
    return found
begin = time.process_time()
bag = DagBag(sys.argv[1])
facts = {"processor_seconds": time.process_time() - begin, "errors": bag.import_errors, "dags": {}}
for dag in bag.dags.values():
    facts["dags"][dag.dag_id] = {
        "doc": dag.doc_md, "tags": sorted(dag.tags), "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup, "file": dag.fileloc, "params": sorted(dag.params),
        **timetable(dag),
        "tasks": {task.task_id: {
            "upstream": sorted(task.upstream_task_ids), "owner": task.owner,
            "select": getattr(task, "select", None), "pool": task.pool, "doc": task.doc_md,
            "indirect_selection": getattr(task, "command", {}).get("indirect_selection"),
            "job_driver": getattr(task, "job_driver", None),
            "node_ids": list(getattr(task, "node_ids", [])),
            "retries": task.retries, "trigger_rule": task.trigger_rule.value,
            "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
            "retry_policy": type(task.retry_policy).__name__, "waits": waits(dag, task),
            "outlets": sorted(getattr(outlet, "uri", outlet.name) for outlet in task.outlets),
        } for task in dag.tasks},
    }
os.environ |= {"LAKEHOUSE_WORLD_SEED": "42", "AWS_ENDPOINT_URL": "nonsense"}
made_up = DagBag(sys.argv[1]).dags
facts["made_up"] = {
    dag.dag_id: {"summary": timetable(dag)["summary"], "tasks": sorted(dag.task_ids)}
    for dag in made_up.values()
}
facts["raised"] = {}
for dag in made_up.values():
    for task in dag.tasks:
        if task.task_type == "_PythonDecoratedOperator" and dag.dag_id != "maintenance":
            name = f"{dag.dag_id}.{task.task_id}"
            try:
                task.python_callable(*(
                    "2026-06-01" if "{{" in str(argument) else argument for argument in task.op_args
                ))
            except Exception as error:
                facts["raised"][name] = f"{type(error).__name__}: {error}"
with open(sys.argv[2], "w") as out:
    json.dump(facts, out)
"""


@pytest.fixture(scope="session")
def airflow_environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with an Airflow home and a dbt manifest of its own, and no lake."""
    home = tmp_path_factory.mktemp("airflow")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LAKEHOUSE_", "AWS_", "AIRFLOW", "DBT_"))
    }
    environ = {
        **kept,
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", "")]),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "DO_NOT_TRACK": "1",
        "LAKEHOUSE_ENV": "ci",
        "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
        "LAKEHOUSE_DBT_MANIFEST": str(home / "target" / "manifest.json"),
        "DBT_TARGET": "ci",
        "DBT_LOG_PATH": str(home / "logs"),
    }
    parse = ["dbt", "--quiet", "parse", "--target-path", str(home / "target")]
    subprocess.run(parse, cwd=PROJECT, env=environ, check=True)
    return environ


@pytest.fixture(scope="session")
def dag_facts(airflow_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What Airflow makes of the DAG folder: import errors, DAGs, tasks, edges."""
    out = tmp_path_factory.mktemp("facts") / "facts.json"
    command = [sys.executable, "-c", _DESCRIBE, str(PROJECT / "dags"), str(out)]
    subprocess.run(command, env=airflow_environ, check=True, stdout=subprocess.DEVNULL)
    return json.loads(out.read_text())
