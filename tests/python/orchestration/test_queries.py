"""Scheduled queries as files: what is read, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse.errors import ConfigError
from lakehouse.orchestration.queries import check_queries, read_queries

PROJECT = Path(__file__).resolve().parents[3]
GOOD = """/*
description: Orders of the date.
owner: sales-analytics
schedule: curated
format: parquet
*/
select 1 where date '{{ business_date }}' > date '2026-01-01'
"""


def write(folder: Path, text: str, name: str = "orders_of_the_date.sql") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def test_read_queries__checkout__every_file_is_one() -> None:
    check_queries(PROJECT / "queries")
    found = read_queries(PROJECT / "queries")
    assert [query.name for query in found] == sorted(
        path.stem for path in (PROJECT / "queries").glob("*.sql")
    )
    assert {query.format for query in found} == {"csv", "parquet"}


def test_read_queries__parquet__is_unloaded_to_the_folder_of_the_date(tmp_path: Path) -> None:
    (query,) = read_queries(write(tmp_path, GOOD))
    assert (query.name, query.owner, query.schedule) == (
        "orders_of_the_date",
        "sales-analytics",
        "curated",
    )
    assert query.statement.startswith("unload (\nselect 1 where date '{{ dag_run.partition_key")
    assert "/scheduled_queries/orders_of_the_date/date={{ dag_run.partition_key" in query.statement
    assert query.statement.endswith("with (format = 'PARQUET')")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("/*\ndescription", "-- description"), r"begin with /\* description, owner"),
        (("owner: sales-analytics\n", ""), "front matter lacks owner$"),
        (("format: parquet", "format: parquet\ncolour: red"), "colour is none of description"),
        (("format: parquet", "format: excel"), "format is 'excel': csv or parquet"),
        (("schedule: curated", "schedule: daily"), "schedule is 'daily': curated, or a cron"),
        (("schedule: curated", "schedule: 7"), "schedule is 7: write a text"),
        (("owner: sales-analytics", "owner: [a"), "its front matter is no YAML"),
        (("select 1", "select 1; select 1"), "one query .* without a semicolon"),
    ],
)
def test_check_queries__a_malformed_file__is_named_with_what_to_do(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    assert change[0] in GOOD
    with pytest.raises(ConfigError, match=rf"/orders_of_the_date\.sql: .*{message}"):
        check_queries(write(tmp_path, GOOD.replace(*change)))


def test_check_queries__a_name_that_is_no_folder__is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="its name must be lower-case"):
        check_queries(write(tmp_path, GOOD, "Orders of the date.sql"))


_BAD = """/*
description: Sales.
schedule: daily
format: xls
*/
select 1;
"""
_DAGS = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print("TOLD " + json.dumps([sorted(bag.dags), bag.import_errors]))
"""


@pytest.mark.dag
def test_dag_files__one_query_is_malformed__it_alone_is_missing_and_all_its_mistakes_are_told(
    tmp_path: Path,
) -> None:
    """As Airflow reads them, in a process of its own."""
    for place in ("dbt_project.yml", "infra", "contracts"):
        (tmp_path / place).symlink_to(PROJECT / place)
    for place in ("queries", "dags"):
        (tmp_path / place).mkdir()
    write(write(tmp_path / "queries", GOOD), _BAD, "sales.sql")
    for file in (PROJECT / "dags").glob("scheduled_queries*.py"):
        (tmp_path / "dags" / file.name).write_bytes(file.read_bytes())
    environ = {
        **{key: value for key, value in os.environ.items() if key[:3] not in ("AWS", "LAK", "AIR")},
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "LAKEHOUSE_PROJECT_DIR": str(tmp_path),
    }
    command = [sys.executable, "-c", _DAGS, str(tmp_path / "dags")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    (told,) = [line[5:] for line in done.stdout.splitlines() if line[:5] == "TOLD "] or [""]
    assert told, done.stderr[-4000:]
    dags, errors = json.loads(told)
    assert dags == ["scheduled_queries__orders_of_the_date"]
    (error,) = errors.values()
    assert "queries/sales.sql: " in error
    for mistake in ("lacks owner", "schedule is 'daily'", "format is 'xls'", "without a semicolon"):
        assert mistake in error
    assert "orders_of_the_date" not in error
