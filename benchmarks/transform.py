"""The DAG `transform` and Cosmos's own ways to run the project, against plain `dbt build`.

    python -m benchmarks.transform [MODE…]

A day is landed and built once; then each way builds and tests that day again, through a real
scheduler with two slots (LocalExecutor). Prints a line of JSON a way: seconds, and times plain dbt
right before it; of `transform` also those of its task `dbt.build`, which is dbt's part of the same
run.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from local_athena.server import serve

from lakehouse.marketplace import DEFAULT_SEED, World
from lakehouse.orchestration.standalone import airflow_environment

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
WAYS = ("transform", "watcher", "local_dbt_runner", "local_subprocess")
PORT = 8087
LIMIT = 600
"""Seconds that a way may take; one that is not done by then is told as `running`."""


class Api:
    """Airflow's REST API of a standalone that is starting."""

    def __init__(self, log: Path) -> None:
        deadline = time.monotonic() + 180
        while True:
            found = re.search(r"Password for user 'admin': (\S+)", log.read_text())
            if found:
                try:
                    login = {"username": "admin", "password": found[1]}
                    self.token = ""
                    self.token = self.call("POST", "/auth/token", login)["access_token"]
                    return
                except (urllib.error.URLError, ConnectionError):
                    pass
            if time.monotonic() > deadline:
                raise TimeoutError("Airflow did not start: " + log.read_text()[-2000:])
            time.sleep(1)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{PORT}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def run(self, dag_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Trigger a DAG and wait for its run."""
        path = f"/api/v2/dags/{dag_id}/dagRuns"
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                run = self.call("POST", path, {"logical_date": None, **body})
                break
            except urllib.error.HTTPError as error:
                if error.code != 404 or time.monotonic() > deadline:
                    raise
                time.sleep(2)
        while run["state"] not in ("success", "failed") and time.monotonic() < deadline:
            time.sleep(1)
            run = self.call("GET", f"{path}/{run['dag_run_id']}")
        return dict(run)

    def task_seconds(self, run: dict[str, Any], task_id: str) -> float:
        """How long a task of a run took."""
        path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances/{task_id}"
        return float(self.call("GET", path)["duration"])


def plain(environ: dict[str, str], day: str) -> float:
    """Seconds of `dbt build` of the day."""
    begin = time.perf_counter()
    options = ["--vars", json.dumps({"run_date": day}), "--exclude", "resource_type:unit_test"]
    command = ["dbt", "--quiet", "build", *options, "config.meta.scan:history"]
    subprocess.run(command, cwd=PROJECT, env=environ, check=True)
    return time.perf_counter() - begin


def main(ways: list[str]) -> None:
    """Measure the ways."""
    day = World(DEFAULT_SEED, 0.002).first_day.isoformat()
    with tempfile.TemporaryDirectory() as name, serve(Path(name) / "lake") as endpoint:
        folder = Path(name)
        dags = folder / "dags"
        dags.mkdir()
        (dags / "transform.py").write_bytes((PROJECT / "dags" / "transform.py").read_bytes())
        if set(ways) != {"transform"}:
            (dags / "modes.py").write_bytes((PROJECT / "benchmarks/dags/modes.py").read_bytes())
        airflow = airflow_environment(folder, PROJECT)
        environ = {
            **os.environ,
            **endpoint.environ,
            **{key: value.replace(":8080", f":{PORT}") for key, value in airflow.items()},
            "AIRFLOW__API__PORT": str(PORT),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            # Cosmos would read every file under the project, the environment's too, at each parse.
            "AIRFLOW__COSMOS__ENABLE_DAG_VERSIONING": "False",
            "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
            "BENCH_DAY": day,
            "DBT_LOG_PATH": str(folder / "logs"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
            "LAKEHOUSE_DBT_MANIFEST": str(folder / "manifest" / "manifest.json"),
            "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
        }
        parse = ["dbt", "--quiet", "parse", "--target-path", str(folder / "manifest")]
        subprocess.run(parse, cwd=PROJECT, env=environ, check=True)
        demo = ["lakehouse", "demo", "--days", "1", "--scale", "0.002"]
        subprocess.run(demo, cwd=PROJECT, env=environ, check=True, stdout=subprocess.DEVNULL)
        log = folder / "airflow.log"
        with log.open("w") as out:
            standalone = subprocess.Popen(
                ["airflow", "standalone"],
                env=environ,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            api = Api(log)
            for way in ways:
                dbt = plain(environ, day)
                is_ours = way == "transform"
                run = api.run(way, {"partition_key": day} if is_ours else {})
                seconds = run["duration"] or 0
                told = {
                    "way": way,
                    "state": run["state"],
                    "seconds": round(seconds, 1),
                    "dbt_seconds": round(dbt, 1),
                    "times": round(seconds / dbt, 2),
                    "load": os.getloadavg()[0],
                }
                if is_ours:
                    told["build_seconds"] = round(api.task_seconds(run, "dbt.build"), 1)
                print(json.dumps(told), flush=True)
        finally:
            stop(standalone)


def stop(standalone: subprocess.Popen[bytes]) -> None:
    """End Airflow and all that it started; of those that do not listen nothing is left either."""
    os.killpg(standalone.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        standalone.wait(60)
    with suppress(ProcessLookupError):
        os.killpg(standalone.pid, signal.SIGKILL)
    standalone.wait()


if __name__ == "__main__":
    main(sys.argv[1:] or list(WAYS))
