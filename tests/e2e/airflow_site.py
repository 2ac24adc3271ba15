"""A whole Airflow in processes of its own, asked over its REST API."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

_START_SECONDS = 600.0
_STOP_SECONDS = 30.0
_LOOK_SECONDS = 1.0
_FINAL = ("success", "failed", "skipped", "upstream_failed")


T = TypeVar("T")


def wait_until(look: Callable[[], T | None], what: str, seconds: float) -> T:
    """What `look` finds in the end; a server that is slow to answer is asked again."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(TimeoutError, urllib.error.URLError):
            if (found := look()) is not None:
                return found
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(_LOOK_SECONDS)


@dataclass
class AirflowSite:
    """Airflow at work; `home` has its database and logs."""

    url: str
    home: Path

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """An answer of the API."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from error

    @cached_property
    def _token(self) -> str:
        with urllib.request.urlopen(f"{self.url}/auth/token", timeout=60) as answer:
            token: str = json.loads(answer.read())["access_token"]
        return token

    def trigger(self, dag_id: str, day: str) -> None:
        """Start a run of a business date."""
        self.ask(
            "POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "partition_key": day}
        )

    def run_of(self, dag_id: str, day: str) -> dict[str, Any] | None:
        """The run of a business date, None where there is none yet."""
        runs = self.ask("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=100")["dag_runs"]
        found = [run for run in runs if run["partition_key"] == day]
        assert len(found) <= 1, found
        return found[0] if found else None

    def tasks_of(self, dag_id: str, day: str) -> dict[str, dict[str, Any]]:
        """The tasks of the run of a date, by id."""
        run = self.run_of(dag_id, day)
        if run is None:
            return {}
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run['dag_run_id']}/taskInstances?limit=500"
        return {each["task_id"]: each for each in self.ask("GET", path)["task_instances"]}

    def wait_for(self, dag_id: str, day: str, state: str, seconds: float) -> dict[str, Any]:
        """The tasks of the run of a date when the run has come to that state."""

        def look() -> dict[str, Any] | None:
            run = self.run_of(dag_id, day)
            if run is None or run["state"] not in ("success", "failed"):
                return None
            tasks = self.tasks_of(dag_id, day)
            states = {task: each["state"] for task, each in tasks.items()}
            assert run["state"] == state, f"{dag_id} of {day} is {run['state']}: {states}"
            return tasks

        return wait_until(look, f"{dag_id} of {day} is {state}", seconds)

    def wait_for_task(self, dag_id: str, day: str, task_id: str, seconds: float) -> str:
        """The final state of a task."""

        def look() -> str | None:
            state = self.tasks_of(dag_id, day).get(task_id, {}).get("state")
            return state if state in _FINAL else None

        return wait_until(look, f"{dag_id}.{task_id} of {day} ends", seconds)

    def wait_for_any(
        self, dag_id: str, day: str, task_ids: Sequence[str], state: str, seconds: float
    ) -> str:
        """The first of some tasks that is seen in a state."""

        def look() -> str | None:
            tasks = self.tasks_of(dag_id, day)
            found = (each for each in task_ids if tasks.get(each, {}).get("state") == state)
            return next(found, None)

        return wait_until(look, f"one of {task_ids} of {day} is {state}", seconds)

    def clear(self, dag_id: str, day: str, *task_ids: str) -> None:
        """Let tasks, and those after them, run again."""
        run = self.run_of(dag_id, day)
        assert run is not None
        body = {
            "dry_run": False,
            "dag_run_id": run["dag_run_id"],
            "task_ids": list(task_ids),
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self.ask("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)

    def slots(self, pool: str, count: int) -> None:
        """How many tasks of a pool may run at a time."""
        whole = self.ask("GET", f"/api/v2/pools/{pool}")
        body = {
            "pool": pool,
            "slots": count,
            "description": whole["description"],
            "include_deferred": whole["include_deferred"],
        }
        self.ask("PATCH", f"/api/v2/pools/{pool}", body)

    def pid_of(self, dag_id: str, task_id: str) -> int | None:
        """The process of a task that runs, None where none does."""
        with sqlite3.connect(self.home / "airflow.db", timeout=30) as database:
            query = (
                "select pid from task_instance "
                "where dag_id = ? and task_id = ? and state = 'running'"
            )
            row = database.execute(query, (dag_id, task_id)).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def logs_of(self, dag_id: str, day: str, task_id: str) -> str:
        """All that the tries of a task logged in the run of a date."""
        run = self.run_of(dag_id, day)
        assert run is not None
        folder = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run['dag_run_id']}"
        files = sorted((folder / f"task_id={task_id}").glob("*.log"))
        return "\n".join(file.read_text("utf-8", errors="replace") for file in files)


@contextmanager
def run_airflow(environ: Mapping[str, str], home: Path, port: int) -> Iterator[AirflowSite]:
    """`airflow standalone` until the end, with everything that it started."""
    site = AirflowSite(f"http://127.0.0.1:{port}", home)
    with (home / "standalone.log").open("wb") as log:
        process = subprocess.Popen(
            ["airflow", "standalone"],
            env=dict(environ),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:

        def is_up() -> bool | None:
            assert process.poll() is None, (home / "standalone.log").read_text()[-4000:]
            try:
                health = site.ask("GET", "/api/v2/monitor/health")
            except (OSError, AssertionError):
                return None
            parts = ("scheduler", "triggerer", "dag_processor")
            return all(health[part]["status"] == "healthy" for part in parts) or None

        wait_until(is_up, "Airflow is up", _START_SECONDS)
        yield site
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
