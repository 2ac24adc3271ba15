"""Three business days through Airflow's own DAGs, from servers that are all real, on bad days.

What goes wrong is data: faults/days/three_days.yml. What must come of it is the ledger of the
marketplace, whose figures the `transform` run of each day compares, and what the file says of each
fault.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import boto3
import pytest
import yaml

from lakehouse.kafka_client import Cluster
from lakehouse.marketplace import World, running_sources
from lakehouse.marketplace.sources import MariaDb, find_mariadb
from lakehouse.marketplace.sources._server import free_port
from lakehouse.marketplace.sources.gateway_faults import Fault, FaultPlan
from lakehouse.marketplace.sources.kafka import KafkaBroker
from lakehouse.marketplace.sources.kafka_jars import fetch_jars
from lakehouse.orchestration.landing import source_systems
from lakehouse.orchestration.standalone import airflow_environment, make_database
from tests.e2e.airflow_site import AirflowSite, run_airflow, wait_until
from tests.e2e.test_whole_road import PROGRAMS, PROJECT, environ_of, run, served

WORLD = World(seed=7, scale=0.002)
DAYS = ("2026-06-01", "2026-06-02", "2026-06-03")
LAND_SECONDS, BUILD_SECONDS = 900.0, 1_500.0
FAULTS: list[dict[str, Any]] = yaml.safe_load(
    (PROJECT / "faults" / "days" / "three_days.yml").read_text("utf-8")
)


class Slack:
    """A webhook that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                slack.told.append(json.dumps(json.loads(body)))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *words: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Site:
    """Airflow, the sources and the lake that it works on."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        if find_mariadb() is None:
            pytest.skip("MariaDB is not installed (Debian: apt-get install mariadb-server)")
        self.folder = folder
        self.slack = stack.enter_context(Slack())
        self.servers: dict[str, Any] = {
            "mariadb": stack.enter_context(MariaDb(folder / "mariadb")),
            "kafka": stack.enter_context(
                KafkaBroker(folder / "kafka", fetch_jars(os.environ, print))
            ),
        }
        self.sources = stack.enter_context(
            running_sources(
                WORLD,
                folder / "sources",
                mysql_url=self.servers["mariadb"].url,
                kafka=Cluster(self.servers["kafka"].bootstrap),
            )
        )
        assert self.sources.gateway is not None
        self.gateway = self.sources.gateway
        self.gateway.today = "9999-12-31"
        _, endpoint = stack.enter_context(served(environ_of(folder)))
        home, port = folder / "airflow", free_port()
        home.mkdir()
        address = f"http://127.0.0.1:{port}"
        slack = {
            "conn_type": "slackwebhook",
            "host": f"http://127.0.0.1:{self.slack.server.server_port}/services",
            "password": "T1/B1/token",
        }
        self.environ = {
            **endpoint,
            **airflow_environment(home, PROJECT),
            **self.sources.variables(),
            "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]),
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": address,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            # DAG files stay as they are: reading them every 30 s is half a core's work. Where that
            # takes too long, their runs stand still until the next time.
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
            "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "600",
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",
            "AIRFLOW_CONN_LAKEHOUSE_SLACK": json.dumps(slack),
            "LAKEHOUSE_NOTIFY_SLACK": "lakehouse_slack",
            "LAKEHOUSE_NOTIFY_GATHER_SECONDS": "5",
            "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
            "LAKEHOUSE_DBT_MANIFEST": str(home / "target" / "manifest.json"),
            "LAKEHOUSE_WORLD_SEED": str(WORLD.seed),
            "LAKEHOUSE_WORLD_SCALE": str(WORLD.scale),
            "DBT_LOG_PATH": str(home / "dbt-logs"),
        }
        parsed = run(self.environ, "dbt", "--quiet", "parse", "--target-path", str(home / "target"))
        assert parsed.returncode == 0, parsed.stdout
        make_database(self.environ, home, PROJECT)
        self.airflow: AirflowSite = stack.enter_context(run_airflow(self.environ, home, port))

    def holds_claim(self, feed: str) -> bool:
        """Whether a loader is at work on a feed, as the ops bucket says."""
        bucket = boto3.client(
            "s3",
            endpoint_url=self.environ["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        where = {"Bucket": "lakehouse-local-ops", "Prefix": f"claims/{feed}.json"}
        return bool(bucket.list_objects_v2(**where).get("KeyCount"))

    def dropped(self, feed: str, day: str) -> Path:
        """The file that the marketplace dropped."""
        (file,) = (self.folder / "sources" / "drop" / feed / day).iterdir()
        return file


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (17 or later), and with it no broker")
    with ExitStack() as stack:
        yield Site(tmp_path_factory.mktemp("days"), stack)


def pool_of(fault: dict[str, Any]) -> str:
    return "source_" + fault["dag"].removeprefix("landing__")


def begin(site: Site, fault: dict[str, Any]) -> None:
    """What goes wrong before the day is told to be over, or the means to let it go wrong."""
    match fault["kind"]:
        case "gateway":
            site.gateway.faults = FaultPlan([Fault(**entry) for entry in fault["plan"]])
        case "spoil" | "stop":
            # No task asks the source before it is struck.
            site.airflow.slots(pool_of(fault), 0)


def strike(site: Site, fault: dict[str, Any], day: str) -> Any:
    """What goes wrong while the day lands; gives what it takes to put it right."""
    match fault["kind"]:
        case "gateway":
            return site.gateway.faults
        case "spoil":
            file = site.dropped(fault["feed"], day)
            whole = file.read_bytes()
            if "name" in fault:
                file.rename(file.with_name(fault["name"]))
            else:
                lines = gzip.decompress(whole).splitlines(keepends=True)
                step = 100 // fault["rows"]
                broken = (b"{\n" if n % step == 0 else line for n, line in enumerate(lines))
                file.write_bytes(gzip.compress(b"".join(broken)))
            site.airflow.slots(pool_of(fault), 2)
            return file, whole
        case "stop":
            server = site.servers[fault["server"]]
            server.kill()
            site.airflow.slots(pool_of(fault), 2)
            site.airflow.wait_for_any(
                fault["dag"], day, fault["tasks"], "up_for_retry", LAND_SECONDS
            )
            server.start()
        case "kill":

            def find() -> int | None:
                pid = site.airflow.pid_of(fault["dag"], fault["task"])
                return pid if pid is not None and site.holds_claim(fault["feed"]) else None

            os.kill(wait_until(find, f"{fault['task']} is at work", LAND_SECONDS), signal.SIGKILL)
    return None


def settle(site: Site, fault: dict[str, Any], day: str, means: Any) -> None:
    """Wait for what must come of a fault, and do what the runbook says."""
    airflow, dag_id = site.airflow, fault["dag"]
    tasks = fault.get("tasks") or [fault["task"]]
    match fault["ends"]:
        case "retried":
            ended = airflow.wait_for(dag_id, day, "success", LAND_SECONDS)
            if fault["kind"] == "gateway":
                plan = [Fault(**entry) for entry in fault["plan"]]
                assert all(means.calls(f.path) >= f.call + f.times for f in plan)
            else:
                assert max(ended[task]["try_number"] for task in tasks) > 1
        case "repaired":
            for task_id in tasks:
                state = airflow.wait_for_task(dag_id, day, task_id, LAND_SECONDS)
                assert state == "failed", f"{task_id} is {state}"
                assert fault["says"] in airflow.logs_of(dag_id, day, task_id)
            file, whole = means
            for left in file.parent.iterdir():
                left.unlink()
            file.write_bytes(whole)
            airflow.clear(dag_id, day, *tasks)
            wait_until(
                lambda: airflow.run_of(dag_id, day)["state"] in ("queued", "running") or None,
                "the tasks are cleared",
                60,
            )
            airflow.wait_for(dag_id, day, "success", LAND_SECONDS)
        case "paused":
            states = {airflow.wait_for_task(dag_id, day, task, LAND_SECONDS) for task in tasks}
            assert states <= {"skipped", "failed"}, states
            assert airflow.wait_for_task(dag_id, day, "landed", LAND_SECONDS) != "success"
            shown = run(site.environ, "lakehouse", "breakers", "--json")
            (breaker,) = [b for b in json.loads(shown.stdout) if b["source"] == fault["source"]]
            assert breaker["state"] == "open", breaker
            for other in {f"landing__{each.name}" for each in source_systems()} - {dag_id}:
                airflow.wait_for(other, day, "success", LAND_SECONDS)
            assert airflow.run_of("transform", day) is None
            site.gateway.faults = FaultPlan()
            reset = run(site.environ, "lakehouse", "breakers", "reset", fault["source"])
            assert reset.returncode == 0, reset.stderr
            airflow.clear(dag_id, day, *tasks)
            wait_until(
                lambda: airflow.run_of(dag_id, day)["state"] in ("queued", "running") or None,
                "the tasks are cleared",
                60,
            )
            airflow.wait_for(dag_id, day, "success", LAND_SECONDS)
        case other:
            raise AssertionError(f"no such end: {other}")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_day__what_goes_wrong__is_got_over_and_the_ledger_agrees(site: Site, number: int) -> None:
    day, faults = DAYS[number - 1], [each for each in FAULTS if each["day"] == number]
    airflow = site.airflow
    site.gateway.faults = FaultPlan()
    for fault in faults:
        begin(site, fault)
    airflow.trigger("business_day", day)
    airflow.wait_for("business_day", day, "success", LAND_SECONDS)
    means = [strike(site, fault, day) for fault in faults]
    for fault, mean in zip(faults, means, strict=True):
        settle(site, fault, day, mean)
    tasks = airflow.wait_for("transform", day, "success", BUILD_SECONDS)
    assert tasks["reconcile_day"]["state"] == "success"
    assert "figures agree" in airflow.logs_of("transform", day, "reconcile_day")


def test_ledger__after_three_days__every_figure_agrees(site: Site) -> None:
    built = run(
        site.environ,
        "dbt",
        "build",
        "--selector",
        "weekly",
        "--target-path",
        str(site.folder / "weekly"),
    )
    assert built.returncode == 0, built.stdout[-4000:]
    done = run(site.environ, "lakehouse", "reconcile", "--date", DAYS[-1])
    assert done.returncode == 0, done.stdout + done.stderr


def test_slack__source_that_was_down__each_news_once_and_its_recovery_last(site: Site) -> None:
    titles = [json.loads(each)["text"].splitlines()[0] for each in site.slack.told]
    of_source = [title for title in titles if "Source payment_gateway" in title]
    assert len(of_source) > 1, titles
    assert len(set(of_source)) == len(of_source), titles
    assert ["answers again" in title for title in of_source].index(True) == len(of_source) - 1
    assert not [each for each in site.slack.told if "T1/B1/token" in each]
