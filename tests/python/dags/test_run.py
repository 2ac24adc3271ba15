"""One business date through the DAG itself, on a local endpoint, ending reconciled."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pyarrow.parquet as pq
import pytest

from lakehouse.athena import Athena, connect_athena
from lakehouse.breakers import circuit_of
from lakehouse.contracts import (
    Lake,
    apply_contracts,
    bootstrap_lake,
    connect_lake,
    load_contracts,
)
from lakehouse.cost.build_costs import list_executions
from lakehouse.project_digest import project_digest
from lakehouse.reconcile import DAILY_FIGURES
from lakehouse.settings import Settings
from tests.python.dags.conftest import PROJECT

pytestmark = [pytest.mark.dag, pytest.mark.integration]

DAY, NEXT_DAY = "2026-06-01", "2026-06-02"
"""A Monday, when what is built weekly is left out, and the day after."""
FIGURES = len({each.figure for each in DAILY_FIGURES})
LANDING = sorted(
    {
        f"landing__{contract.source.system}"
        for contract in load_contracts(PROJECT / "contracts").values()
    }
)

AT_ONCE = "(?!wait_for_).*"
"""All tasks but those that wait: runs that the scheduler was asked for here never begin."""

_RUN = """
import json, sys
import pendulum
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
if len(sys.argv) > 3:
    for task in (task for dag in bag.dags.values() for task in dag.tasks):
        task.retries = int(sys.argv[3])
for number, (dag_id, day, marked) in enumerate(json.loads(sys.argv[2])):
    at = pendulum.now("UTC").add(seconds=-number)
    run = bag.dags[dag_id].test(
        logical_date=at, run_conf={"business_date": day}, mark_success_pattern=marked
    )
    states = {each.task_id: each.state for each in run.get_task_instances()}
    print("\\nTOLD " + json.dumps({"dag": dag_id, "state": run.state, "tasks": states}), flush=True)
"""
_SCHEDULE = """
import json
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
with create_session() as session:
    job = Job()
    session.add(job)
    session.flush()
    SchedulerJobRunner(job=job, num_runs=1)._create_dagruns_for_partitioned_asset_dags(session)
with create_session() as session:
    runs = session.query(DagRun).filter(DagRun.run_type == "asset_triggered")
    print("\\nTOLD " + json.dumps([[run.dag_id, run.partition_key] for run in runs]))
"""


@dataclass(frozen=True, slots=True)
class Airflow:
    """Airflow over a lake of its own and a made-up marketplace."""

    endpoint: dict[str, str]
    environ: dict[str, str]

    def test(
        self,
        *dag_ids: str,
        day: str,
        only: str | None = None,
        ends: str = "success",
        retries: int | None = None,
        **variables: str,
    ) -> tuple[dict[str, dict[str, str]], str]:
        """Run DAGs of a day, all their tasks or those that fit a pattern; return what became of
        their tasks, and what was said."""
        marked = f"(?!({only})$).*" if only else None
        wanted = json.dumps([[dag_id, day, marked] for dag_id in dag_ids])
        words = [str(PROJECT / "dags"), wanted, *([] if retries is None else [str(retries)])]
        told, log = self._python(_RUN, *words, **variables)
        assert [each["state"] for each in told] == [ends] * len(dag_ids), log[-6000:]
        return {each["dag"]: each["tasks"] for each in told}, log

    def schedule(self) -> list[list[str]]:
        """What the scheduler has started because of Assets by now: DAGs and their partitions."""
        ((runs), _log) = self._python(_SCHEDULE)
        return sorted(runs[0])

    def _python(self, code: str, *words: str, **variables: str) -> tuple[list[Any], str]:
        run = subprocess.run(
            [sys.executable, "-c", code, *words],
            env={**self.environ, **variables},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        log = run.stdout + run.stderr
        assert run.returncode == 0, log[-6000:]
        told = [json.loads(line[5:]) for line in run.stdout.splitlines() if line[:5] == "TOLD "]
        return told, log

    def updated(self) -> Counter[tuple[str, str | None]]:
        """How often each partition of each Asset was updated, as Airflow's own database has it."""
        with sqlite3.connect(Path(self.environ["AIRFLOW_HOME"]) / "airflow.db") as database:
            query = (
                "select asset.name, partition_key "
                "from asset_event join asset on asset.id = asset_id"
            )
            return Counter((name, key) for name, key in database.execute(query))


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
            **sources.variables(),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
            "LAKEHOUSE_WORLD_SEED": str(world.seed),
            "LAKEHOUSE_WORLD_SCALE": str(world.scale),
        }
        migrate = ["airflow", "db", "migrate"]
        subprocess.run(migrate, env=environ, check=True, capture_output=True)
        yield Airflow(endpoint.environ, environ)


@pytest.fixture
def made_lake(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Airflow's lake with all its tables; the environment points to it."""
    for name, value in airflow.environ.items():
        if name.startswith(("AWS_", "LAKEHOUSE_")):
            monkeypatch.setenv(name, value)
    lake = connect_lake(Settings.from_env())
    bootstrap_lake(lake)
    apply_contracts(lake)
    return lake


@pytest.fixture(scope="module")
def first_day(airflow: Airflow) -> str:
    """The first business date, landed by all systems but one; what was said."""
    return airflow.test("business_day", *LANDING[1:], day=DAY)[1]


@pytest.fixture(scope="module")
def first_build(first_day: str, airflow: Airflow) -> str:
    """The same with the last system and the build."""
    assert first_day
    assert [run for run in airflow.schedule() if run[0] == "transform"] == []
    return airflow.test(LANDING[0], "transform", day=DAY)[1]


def test_transform__first_business_date__builds_and_reconciles(
    first_build: str, airflow: Airflow
) -> None:
    assert f"{FIGURES} of {FIGURES} figures agree" in first_build, first_build[-4000:]
    assert_cost_is_kept(airflow.endpoint, airflow.environ["LAKEHOUSE_DBT_MANIFEST"])


@pytest.mark.usefixtures("first_build")
def test_transform__last_of_all_systems_has_landed_the_date__begins_for_that_date(
    airflow: Airflow,
) -> None:
    runs = airflow.schedule()
    assert [run for run in runs if run[0] == "transform"] == [["transform", DAY]]
    assert [run for run in runs if run[0] in LANDING] == [[dag_id, DAY] for dag_id in LANDING]


@pytest.mark.usefixtures("first_build", "made_lake")
def test_transform__a_node_that_was_told_already__builds_and_tests_itself(
    airflow: Airflow,
) -> None:
    """As in a run whose task is cleared: no build has left an outcome for it."""
    task_id = "dbt.curated.fct_marketing_leads"
    athena = connect_athena(Settings.from_env())
    fact = "ci_curated.fct_marketing_leads"
    shown = f"select count(*), count(distinct lead_id) from {fact}"
    before = athena.run(shown).rows
    athena.run(f"delete from {fact}")
    tasks, log = airflow.test("transform", day=DAY, only=task_id)
    assert "event=node_builds_itself outcome=taken before" in log
    assert tasks["transform"][task_id] == "success"
    assert athena.run(shown).rows == before != [("0", "0")]


@pytest.mark.usefixtures("first_build")
def test_landing__a_feed_that_is_not_due__updates_no_asset_and_lets_the_day_land(
    airflow: Airflow,
) -> None:
    before = airflow.updated()
    assert (before["raw.geolocation", None], before["raw.sellers", None]) == (1, 1)
    assert (before["curated", DAY], before["landed.postal", DAY]) == (1, 1)
    dag_ids = ("business_day", "landing__postal", "landing__catalogue")
    airflow.test(*dag_ids, day=NEXT_DAY, only=AT_ONCE)
    after = airflow.updated()
    assert (after["raw.geolocation", None], after["raw.sellers", None]) == (1, 2)
    assert (after["landed.postal", NEXT_DAY], after["landed.catalogue", NEXT_DAY]) == (1, 1)


@pytest.mark.usefixtures("first_build")
def test_landing__at_debug__its_log_holds_nobody_and_no_password(airflow: Airflow) -> None:
    """Libraries would log what they send to S3 and to the services."""
    url = airflow.environ["LAKEHOUSE_POSTGRES_URL"]
    _, log = airflow.test(
        "business_day",
        "landing__order_management",
        "landing__payment_gateway",
        day=NEXT_DAY,
        only="close_day|land_customers|land_payments",
        AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG",
        AIRFLOW__LOGGING__COLORED_CONSOLE_LOG="False",
        LAKEHOUSE_POSTGRES_URL=url.replace("postgres:@", "postgres:pg-pass-planted@"),
    )
    with psycopg.connect(url) as connection:
        query = "select customer_name, customer_email, customer_cpf from customers"
        people = [value for row in connection.execute(query) for value in row if value]
    assert len(people) > 100
    assert "run_id=customers-2026-06-02" in log
    assert "trace_id=" in log
    of_the_service = airflow.environ["LAKEHOUSE_PAYMENTS_CLIENT_SECRET"]
    assert [secret for secret in ("pg-pass", of_the_service) if secret in log] == []
    assert [person for person in people if person in log] == []


@pytest.mark.usefixtures("first_build")
def test_landing__source_is_left_alone__skips_its_day_and_nothing_is_built_of_it(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in airflow.environ.items():
        if name.startswith(("AWS_", "LAKEHOUSE_")):
            monkeypatch.setenv(name, value)
    circuit = circuit_of(connect_lake(Settings.from_env()), "customer_service")
    for _ in range(circuit.limits.failures):
        caller, _state = circuit.enter()
        circuit.failed(str(caller), "status 503")
    dag_ids = ("business_day", "landing__customer_service", "transform")
    tasks, log = airflow.test(*dag_ids, day=NEXT_DAY, only=AT_ONCE)
    circuit.reset()
    assert tasks["landing__customer_service"] == {"land_reviews": "skipped", "landed": "skipped"}
    assert airflow.updated()["landed.customer_service", NEXT_DAY] == 0
    build = tasks["transform"]
    assert build["all_landed"] == build["dbt.build"] == build["reconcile_day"] == "skipped"
    assert set(build.values()) == {"success", "skipped"}
    assert build["record_cost"] == "success"
    assert (
        f"{NEXT_DAY} has not landed: reviews: customer_service was not asked: it did not answer "
        "before (status 503)"
    ) in log
    assert "reviews has not landed (customer_service is left alone: status 503)" in log, log[-4000:]
    airflow.test("landing__customer_service", day=NEXT_DAY)
    assert airflow.updated()["landed.customer_service", NEXT_DAY] == 1


def test_landing__last_try_without_an_answer__skips_the_feed_of_a_system_that_has_no_other(
    airflow: Airflow, made_lake: Lake
) -> None:
    """Tries of one feed are too few to open the breaker: the source is known to be silent all the
    same."""
    assert made_lake.inventory.breaker_limits("order_management").failures > 3
    nowhere = "postgresql://somebody@127.0.0.1:9/none"
    tasks, log = airflow.test(
        "landing__order_management",
        day="2026-06-06",
        only="land_orders|landed",
        retries=0,
        LAKEHOUSE_POSTGRES_URL=nowhere,
    )
    assert tasks["landing__order_management"]["land_orders"] == "skipped"
    assert tasks["landing__order_management"]["landed"] == "skipped"
    assert airflow.updated()["landed.order_management", "2026-06-06"] == 0
    assert "2026-06-06 has not landed: orders: PostgreSQL does not answer" in log


def test_landing__a_file_that_cannot_be_read__its_reason_is_told_and_kept_without_a_row_of_it(
    airflow: Airflow, made_lake: Lake
) -> None:
    """A file without a header: what stands in its place is a person."""
    day, person = "2026-06-05", "Zuleica Plantada"
    folder = Path(airflow.environ["LAKEHOUSE_DROP_DIR"]) / "sellers" / day
    folder.mkdir(parents=True)
    (folder / "sellers.csv").write_text(f"s1,01310,{person},SP,Rua 9,529.982.247-25\n")
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="refused")["TopicArn"]
    queue = sqs.create_queue(QueueName="refused")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    tasks, log = airflow.test(
        "landing__catalogue",
        day=day,
        only="land_sellers|landed",
        ends="failed",
        LAKEHOUSE_NOTIFY_SNS=topic,
        LAKEHOUSE_NOTIFY_GATHER_SECONDS="0",
    )
    assert tasks["landing__catalogue"]["land_sellers"] == "failed"
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    (told,) = (json.loads(each["Body"])["Message"] for each in found)
    reason = "sellers.csv lacks the columns seller_id, "
    assert reason in told
    assert "its first line has 6 fields, and none is one of them" in told
    assert reason in log
    assert made_lake.environment == "ci"
    kept = f"select state, reason from ci_ops.batches where ingest_date = date '{day}'"
    ((state, why),) = connect_athena(Settings.from_env()).run(kept).rows
    assert (state, reason in str(why)) == ("refused", True)
    assert str(why) in " ".join(told.split())
    for text in (told, log, str(why)):
        assert person not in text
        assert "529.982" not in text


@pytest.mark.usefixtures("first_build")
def test_maintenance__after_a_day__counts_files_and_drops_nothing(airflow: Airflow) -> None:
    _, log = airflow.test("maintenance", day=NEXT_DAY, only="maintain|retention|orphans")
    assert re.search(r"ci_curated\.fct_orders: \d+ files .*; nothing to do", log), log[-4000:]
    assert "0 objects deleted" in log
    assert "would drop" not in log


@pytest.mark.usefixtures("first_build")
def test_scheduled_queries__of_a_date__deliver_what_the_source_says_and_replace_it(
    airflow: Airflow,
) -> None:
    """A day of the source's own database on which orders were delivered late."""
    late = (
        "select order_delivered_customer_date::date, array_agg(order_id order by order_id) "
        "from orders where order_delivered_customer_date::date > "
        "order_estimated_delivery_date::date and order_delivered_customer_date::date < %s "
        "group by 1 order by count(*) desc, 1 desc limit 1"
    )
    with psycopg.connect(airflow.environ["LAKEHOUSE_POSTGRES_URL"]) as connection:
        ((day, order_ids),) = connection.execute(late, (DAY,)).fetchall()
        bought = (
            "select distinct order_purchase_timestamp::date from orders "
            "where order_purchase_timestamp >= %s and order_purchase_timestamp < %s "
            "and deleted_at is null order by 1"
        )
        week = (day - dt.timedelta(days=7), day)
        days_of_sales = [str(row[0]) for row in connection.execute(bought, week)]
    bucket = boto3.client(
        "s3",
        endpoint_url=airflow.endpoint["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )

    def delivered(query: str) -> dict[str, bytes]:
        where = {"Bucket": "lakehouse-ci-delivery", "Prefix": f"{query}/date={day}/"}
        keys = [each["Key"] for each in bucket.list_objects_v2(**where).get("Contents", [])]
        return {
            key.removeprefix(where["Prefix"]): bucket.get_object(Bucket=where["Bucket"], Key=key)[
                "Body"
            ].read()
            for key in keys
        }

    dag_ids = ["scheduled_queries__late_deliveries", "scheduled_queries__sales_of_the_week"]
    airflow.test(*dag_ids, dag_ids[0], day=day.isoformat())
    files = delivered("late_deliveries")
    assert files.pop("_SUCCESS") == b""
    rows = [row for file in files.values() for row in pq.read_table(io.BytesIO(file)).to_pylist()]
    assert sorted(row["order_id"] for row in rows) == order_ids
    (csv_file,) = delivered("sales_of_the_week").keys() - {"_SUCCESS"}
    assert csv_file == "sales_of_the_week.csv"
    lines = list(csv.DictReader(io.StringIO(delivered("sales_of_the_week")[csv_file].decode())))
    assert days_of_sales
    assert [line["purchase_date_br"] for line in lines] == days_of_sales


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
