"""One business date through the DAG itself, on a local endpoint, ending reconciled."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import psycopg
import pytest

from lakehouse.athena import Athena
from lakehouse.breakers import circuit_of
from lakehouse.contracts import connect_lake
from lakehouse.cost.build_costs import list_executions
from lakehouse.project_digest import project_digest
from lakehouse.reconcile import DAILY_FIGURES
from lakehouse.settings import Settings
from tests.python.dags.conftest import PROJECT

pytestmark = [pytest.mark.dag, pytest.mark.integration]

DAY, NEXT_DAY = "2026-06-01", "2026-06-02"
"""A Monday, when what is built weekly is left out, and the day after."""
FIGURES = len({each.figure for each in DAILY_FIGURES})


@dataclass(frozen=True, slots=True)
class Airflow:
    """Airflow over a lake of its own and a made-up marketplace."""

    endpoint: dict[str, str]
    environ: dict[str, str]

    def test(self, dag: str, day: str, *options: str, **variables: str) -> str:
        """Run a DAG of a day; return what it said once it has succeeded."""
        run = subprocess.run(
            ["airflow", "dags", "test", *options, dag, f"{day}T12:00:00"],
            env={**self.environ, **variables},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        log = run.stdout + run.stderr
        assert run.returncode == 0, log[-4000:]
        assert re.search(rf"\bdag_id={dag}\b.*\bstate=success\b", log), log[-4000:]
        return log

    def states(self, day: str) -> dict[str, str]:
        """What became of the tasks of the last run of marketplace_daily on a day."""
        with sqlite3.connect(Path(self.environ["AIRFLOW_HOME"]) / "airflow.db") as database:
            query = (
                "select run_id from dag_run where dag_id = 'marketplace_daily' "
                "and logical_date like ? order by id desc limit 1"
            )
            ((run_id,),) = database.execute(query, (f"{day}%",))
            query = "select task_id, state from task_instance where run_id = ?"
            return dict(database.execute(query, (run_id,)))

    def updated(self) -> Counter[str]:
        """How often each Asset was updated, as Airflow's own database has it."""
        with sqlite3.connect(Path(self.environ["AIRFLOW_HOME"]) / "airflow.db") as database:
            query = "select asset.name from asset_event join asset on asset.id = asset_id"
            return Counter(name for (name,) in database.execute(query))


@pytest.fixture(scope="module")
def airflow(
    airflow_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Airflow]:
    from local_athena.server import serve

    from lakehouse.marketplace import World, running_sources

    folder = tmp_path_factory.mktemp("road")
    world = World(seed=11, scale=0.002)
    with serve(folder / "lake") as endpoint, running_sources(world, folder / "sources") as sources:
        assert sources.gateway is not None
        sources.gateway.today = NEXT_DAY
        environ = {
            **airflow_environ,
            **endpoint.environ,
            "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
            **sources.variables(),
            "LAKEHOUSE_WORLD_SEED": str(world.seed),
            "LAKEHOUSE_WORLD_SCALE": str(world.scale),
        }
        migrate = ["airflow", "db", "migrate"]
        subprocess.run(migrate, env=environ, check=True, capture_output=True)
        yield Airflow(endpoint.environ, environ)


@pytest.fixture(scope="module")
def first_day(airflow: Airflow) -> str:
    """What the first business date's run said."""
    return airflow.test("marketplace_daily", DAY)


def test_marketplace_daily__first_business_date__lands_builds_and_reconciles(
    first_day: str, airflow: Airflow
) -> None:
    assert f"{FIGURES} of {FIGURES} figures agree" in first_day, first_day[-4000:]
    assert_cost_is_kept(airflow.endpoint, airflow.environ["LAKEHOUSE_DBT_MANIFEST"])


@pytest.mark.usefixtures("first_day")
def test_marketplace_daily__a_feed_that_is_not_due__updates_no_asset(airflow: Airflow) -> None:
    before = airflow.updated()
    assert (before["raw.geolocation"], before["raw.sellers"], before["curated"]) == (1, 1, 1)
    others = "(?!(prepare_lake|deliver_sources|land_geolocation|land_sellers)$).*"
    airflow.test("marketplace_daily", NEXT_DAY, "--mark-success-pattern", others)
    after = airflow.updated()
    assert (after["raw.geolocation"], after["raw.sellers"]) == (1, 2)


def test_marketplace_daily__at_debug__its_log_holds_nobody_and_no_password(
    airflow: Airflow,
) -> None:
    """Libraries would log what they send to S3 and to the services."""
    url = airflow.environ["LAKEHOUSE_POSTGRES_URL"]
    others = "(?!(prepare_lake|deliver_sources|land_customers|land_payments)$).*"
    log = airflow.test(
        "marketplace_daily",
        NEXT_DAY,
        "--mark-success-pattern",
        others,
        AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG",
        AIRFLOW__LOGGING__COLORED_CONSOLE_LOG="False",
        LAKEHOUSE_POSTGRES_URL=url.replace("postgres:@", "postgres:pg-pass-planted@"),
        LAKEHOUSE_PAYMENTS_URL=airflow.environ["LAKEHOUSE_PAYMENTS_URL"].replace(
            "//", "//reader:http-pass-planted@"
        ),
    )
    with psycopg.connect(url) as connection:
        query = "select customer_name, customer_email, customer_cpf from customers"
        people = [value for row in connection.execute(query) for value in row if value]
    assert len(people) > 100
    assert "run_id=customers-2026-06-02" in log
    assert "trace_id=" in log
    assert [secret for secret in ("pg-pass", "http-pass") if secret in log] == []
    assert [person for person in people if person in log] == []


def test_marketplace_daily__source_is_left_alone__skips_what_needs_it_and_says_why(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in airflow.environ.items():
        if name.startswith(("AWS_", "LAKEHOUSE_")):
            monkeypatch.setenv(name, value)
    circuit = circuit_of(connect_lake(Settings.from_env()), "payment_gateway")
    for _ in range(circuit.limits.failures):
        caller, _state = circuit.enter()
        circuit.failed(str(caller), "status 503")
    others = "(?!(land_exchange_rates|dbt\\..*|reconcile_day|record_cost)$).*"
    log = airflow.test("marketplace_daily", NEXT_DAY, "--mark-success-pattern", others)
    circuit.reset()
    states = airflow.states(NEXT_DAY)
    assert states["land_exchange_rates"] == states["dbt.tests_of_raw"] == "skipped"
    assert states["dbt.fct_orders"] == states["reconcile_day"] == "skipped"
    assert set(states.values()) == {"success", "skipped"}
    assert states["record_cost"] == states["land_orders"] == "success"
    why = "exchange_rates: payment_gateway was not asked: it did not answer before (status 503)"
    assert f"nothing is built: {why}" in log


@pytest.mark.usefixtures("first_day")
def test_maintenance__after_a_day__counts_files_and_drops_nothing(airflow: Airflow) -> None:
    log = airflow.test("maintenance", NEXT_DAY)
    assert re.search(r"ci_curated\.fct_orders: \d+ files .*; nothing to do", log), log[-4000:]
    assert "0 objects deleted" in log
    assert "would drop" not in log


def assert_cost_is_kept(endpoint: dict[str, str], manifest: str) -> None:
    """Every node that a Monday builds or tests has its row, with what Athena says that it read."""
    nodes = json.loads(Path(manifest).read_text("utf-8"))["nodes"]
    expected = {
        name
        for name, node in nodes.items()
        if node["resource_type"] in ("model", "seed", "snapshot", "test")
        and node["config"]["meta"]["scan"] != "history"
        and node["config"]["materialized"] != "ephemeral"
    }
    client = boto3.client(
        "athena",
        endpoint_url=endpoint["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    athena = Athena(client, "primary", "s3://lakehouse-ci-athena-results/test/")
    rows = athena.run(
        "select run_id, run_date, project, node, scanned_bytes from ci_ops.model_runs"
    ).rows
    assert {row[:3] for row in rows} == {(rows[0][0], DAY, project_digest(PROJECT))}
    assert {row[3] for row in rows} == expected
    billed = [
        execution["Statistics"]["DataScannedInBytes"]
        for execution in list_executions(client, "primary", dt.datetime.min.replace(tzinfo=dt.UTC))
        if '"node_id": "model.lakehouse.fct_orders"' in execution["Query"]
    ]
    kept = [int(str(row[4])) for row in rows if row[3] == "model.lakehouse.fct_orders"]
    assert kept == [sum(billed)]
    assert kept[0] > 0
