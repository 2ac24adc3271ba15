"""Airflow itself: a scheduler and a triggerer for a deadline; runs that fail until it pauses."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.python.orchestration.notifications.conftest import Office

pytestmark = [pytest.mark.integration, pytest.mark.dag]

AIRFLOW = str(Path(sys.executable).with_name("airflow"))
LONGEST_SECONDS = 150

_LATE = """
from datetime import UTC, datetime, timedelta
from airflow.sdk import dag, task
from lakehouse.orchestration.deadlines import deadline_after
from lakehouse.orchestration.defaults import DAG_ARGS

@dag(schedule=None, start_date=datetime(2025, 1, 1, tzinfo=UTC),
     **{**DAG_ARGS, "deadline": deadline_after(timedelta(seconds=1), "data-platform")})
def late():
    # Of a pool that is not there: it is never started, so the run is never done.
    task(lambda: None, task_id="waits", pool="nowhere")()

late()

@dag(schedule=None, start_date=datetime(2025, 1, 1, tzinfo=UTC),
     **{**DAG_ARGS, "deadline": None, "dagrun_timeout": timedelta(seconds=1)})
def stuck():
    task(lambda: None, task_id="waits", pool="nowhere")()

stuck()
"""

_FAILS = """
import os
from datetime import UTC, datetime
from airflow.sdk import dag, task
from lakehouse.errors import SourceSchemaError
from lakehouse.orchestration.defaults import DAG_ARGS

@dag(schedule=None, start_date=datetime(2025, 1, 1, tzinfo=UTC), **DAG_ARGS)
def fails():
    @task
    def land():
        if not os.path.exists(os.environ["IS_REPAIRED"]):
            raise SourceSchemaError("orders", "the delivery lacks the column customer_id")
    land()

fails()
"""

_RUN = """
import json, os, sys
from datetime import UTC, datetime
sys.path.insert(0, os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
import airflow
from airflow import settings
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.models.connection import Connection
import fails
with create_session() as session:
    # As people keep connections: in Airflow's database.
    session.add(Connection.from_json(os.environ["SLACK"], conn_id="lakehouse_slack"))
found = []
for day in range(1, 5):
    if day == 4:
        open(os.environ["IS_REPAIRED"], "w").close()
    dag = fails.fails()
    run = dag.test(logical_date=datetime(2026, 6, day, tzinfo=UTC))
    # DAG.test ends before it has kept the state of the run: what a scheduler asks is asked after.
    settings.Session().commit()
    with create_session() as session:
        kept = session.get(DagRun, run.id)
        kept._check_last_n_dagruns_failed(
            "fails", dag.max_consecutive_failed_dag_runs, session
        )
    with create_session() as session:
        found.append([run.state, session.get(DagModel, "fails").is_paused])
with open(sys.argv[3], "w") as out:
    json.dump(found, out)
"""


@pytest.fixture
def airflow(office: Office, tmp_path: Path) -> dict[str, str]:
    """A home with a database of its own, and no DAGs yet."""
    folder = tmp_path / "dags"
    folder.mkdir()
    environ = {
        **office.environ,
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "IS_REPAIRED": str(tmp_path / "repaired"),
    }
    subprocess.run([AIRFLOW, "db", "migrate"], env=environ, check=True, capture_output=True)
    return environ


def test_scheduler__a_late_run_and_one_that_it_ends__are_told_by_triggerer_and_dag_processor(
    office: Office, airflow: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "dags" / "late.py").write_text(_LATE)
    # As people keep connections: in Airflow's database, which each part asks in its own way.
    slack = airflow.pop("AIRFLOW_CONN_LAKEHOUSE_SLACK")
    kept = [AIRFLOW, "connections", "add", "lakehouse_slack", "--conn-json", slack]
    subprocess.run(kept, env=airflow, check=True, capture_output=True)
    for command in ("reserialize", "trigger late --run-id slow", "trigger stuck --run-id ended"):
        words = [AIRFLOW, "dags", *command.split()]
        subprocess.run(words, env=airflow, check=True, capture_output=True)
    with ExitStack() as stack:
        log = stack.enter_context((tmp_path / "log.txt").open("w+"))
        for part in ("scheduler", "triggerer", "dag-processor"):
            process = subprocess.Popen([AIRFLOW, part], env=airflow, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        for _ in ("late", "stuck"):
            arrived = office.arrived.acquire(timeout=LONGEST_SECONDS)
            assert arrived, (tmp_path / "log.txt").read_text()[-5000:]
    assert len(office.posts) == 2
    told = {post["blocks"][0]["text"]["text"]: json.dumps(post) for post in office.posts}
    assert set(told) == {"🟠 DAG late is late", "🔴 DAG stuck failed"}
    late, stuck = told["🟠 DAG late is late"], told["🔴 DAG stuck failed"]
    assert "late slow" in late
    assert "http://airflow.example/dags/late/runs/slow" in late
    assert "stuck ended" in stuck
    assert "timed_out" in stuck
    assert "http://airflow.example/dags/stuck/runs/ended" in stuck
    assert "data-platform" in late
    assert "data-platform" in stuck


def test_runs_that_fail__until_airflow_pauses_the_dag__are_told_and_so_is_the_recovery(
    office: Office, airflow: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "dags" / "fails.py").write_text(_FAILS)
    out = tmp_path / "states.json"
    # The words of `airflow dags test`, whose runs have no deadline.
    command = [sys.executable, "-c", _RUN, "dags", "test", str(out)]
    environ = {**airflow, "SLACK": airflow["AIRFLOW_CONN_LAKEHOUSE_SLACK"]}
    del environ["AIRFLOW_CONN_LAKEHOUSE_SLACK"]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert run.returncode == 0, (run.stdout + run.stderr)[-5000:]
    assert json.loads(out.read_text()) == [
        ["failed", False],
        ["failed", False],
        ["failed", True],
        ["success", True],
    ]
    notes = office.notes()
    assert [note["Subject"].split(" (")[0] for note in notes] == [
        "DAG fails failed: 1 task",
        "DAG fails failed again and again and was paused",
        "DAG fails works again",
    ]
    assert "permanent: a person must act" in notes[0]["Message"]
    assert "orders: the delivery lacks the column customer_id" in notes[0]["Message"]
    assert len(office.mailbox.mails) == 3
    # Ends of runs are no process of Airflow's in DAG.test, and see no connection of its database.
    assert len(office.posts) == 1
