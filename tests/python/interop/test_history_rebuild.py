"""The job of `history_rebuild` on a local Spark with the Iceberg runtime, as its DAG submits it."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import local_athena
from lakehouse.athena import connect_athena
from lakehouse.contracts import Lake, apply_contracts, bootstrap_lake, connect_lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.landing import Sources, land
from lakehouse.marketplace import World, advance, running_sources
from lakehouse.orchestration import spark_job, tasks
from lakehouse.settings import Settings
from tests.python.interop.spark_home import SparkHome, find_spark

pytestmark = pytest.mark.interop
PROJECT = Path(__file__).resolve().parents[3]
FEED = "orders"
DAYS = [dt.date(2026, 6, day) for day in (1, 2, 3)]


@dataclass(frozen=True, slots=True)
class Landed:
    """A lake with three landed days, and the variables by which others find it."""

    lake: Lake
    environ: dict[str, str]

    def keys(self, zone: str, day: dt.date) -> list[str]:
        prefix = f"{feed_prefix(self.lake.contract(FEED))}ingest_date={day}/"
        found = self.lake.s3.list_objects_v2(Bucket=self.lake.bucket(zone), Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def read(self, zone: str, key: str) -> bytes:
        return self.lake.s3.get_object(Bucket=self.lake.bucket(zone), Key=key)["Body"].read()

    def rows(self, day: dt.date) -> list[pa.Table]:
        """The data of a day as it lies in raw, a table a file."""
        keys = [key for key in self.keys("raw", day) if "/_" not in key]
        return [
            pq.read_table(io.BytesIO(self.read("raw", key)))
            for key in sorted(keys)
            if key.endswith(".parquet")
        ]

    def lose(self, day: dt.date) -> None:
        for key in self.keys("raw", day):
            self.lake.s3.delete_object(Bucket=self.lake.bucket("raw"), Key=key)


@pytest.fixture(scope="module")
def spark() -> SparkHome:
    return find_spark()


@pytest.fixture
def landed(spark: SparkHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Landed]:
    world = World(seed=11, scale=0.002)
    with (
        local_athena.serve(tmp_path / "lake") as endpoint,
        running_sources(world, tmp_path / "sources") as sources,
    ):
        environ = {
            **endpoint.environ,
            "LAKEHOUSE_ENV": "ci",
            "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        lake = connect_lake(Settings.from_env())
        bootstrap_lake(lake)
        apply_contracts(lake)
        for day in DAYS:
            advance(world, day, sources)
            land(FEED, day, Sources(postgres_url=sources.postgres_url), lake)
        yield Landed(lake, environ)


def submit(spark: SparkHome, landed: Landed, last: dt.date) -> tuple[int, dict[str, str], str]:
    """Run the job that the DAG would submit; its status, the outcomes by day, and what it said."""
    macros: dict[str, Any] = {
        "bucket": tasks.bucket_of,
        "database": tasks.database_of,
        "params": {"feed": FEED, "first_day": str(DAYS[0]), "last_day": str(last)},
    }

    def render(text: str) -> str:
        return jinja2.Template(text).render(**macros)

    url = landed.environ["AWS_ENDPOINT_URL"]
    here = {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.jars": spark.jars,
        "spark.sql.catalog.lake.glue.endpoint": url,
        "spark.sql.catalog.lake.s3.endpoint": url,
        "spark.sql.catalog.lake.s3.path-style-access": "true",
        "spark.sql.catalog.lake.client.region": "us-east-1",
    }
    settings = {**spark_job.spark_settings(), **here}
    confs = [w for name, text in settings.items() for w in ("--conf", f"{name}={render(text)}")]
    arguments = spark_job.job_driver()["sparkSubmit"]["entryPointArguments"]
    done = subprocess.run(
        [
            spark.python.with_name("spark-submit"),
            *confs,
            PROJECT / "spark" / "history_rebuild.py",
            *map(render, arguments),
        ],
        env={**spark.environ, **landed.environ, "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, {row["business_date"]: row["outcome"] for row in told}, done.stderr


def test_history_rebuild__lost_days__have_the_rows_that_the_loader_published(
    spark: SparkHome, landed: Landed
) -> None:
    published = {day: landed.rows(day) for day in DAYS}
    assert all(sum(table.num_rows for table in tables) for tables in published.values())
    landed.lose(DAYS[0])
    landed.lose(DAYS[2])
    assert landed.rows(DAYS[0]) == landed.rows(DAYS[2]) == []
    (delivery, *_) = [key for key in landed.keys("stage", DAYS[2]) if "/_" not in key]
    kept = landed.read("stage", delivery)
    stage = landed.lake.bucket("stage")
    landed.lake.s3.put_object(Bucket=stage, Key=delivery, Body=kept[:-40])

    status, outcomes, log = submit(spark, landed, DAYS[2])
    assert outcomes == {
        "2026-06-01": "restored",
        "2026-06-02": "unchanged",
        "2026-06-03": "failed",
    }, log[-4000:]
    assert status == 1
    assert landed.rows(DAYS[0]) == published[DAYS[0]]
    assert landed.rows(DAYS[2]) == []

    landed.lake.s3.put_object(Bucket=stage, Key=delivery, Body=kept)
    status, outcomes, log = submit(spark, landed, DAYS[2])
    assert (status, set(outcomes.values())) == (0, {"restored", "unchanged"}), log[-4000:]
    assert {day: landed.rows(day) for day in DAYS} == published
    table = connect_athena(Settings.from_env()).run(
        "select outcome, count(*), count(nullif(problem, '')) "
        "from ci_ops.history_rebuilds group by outcome order by outcome"
    )
    assert table.rows == (("failed", "1", "1"), ("restored", "2", "0"), ("unchanged", "3", "0"))
