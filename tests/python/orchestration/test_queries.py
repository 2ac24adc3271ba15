"""Scheduled queries as files: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import ConfigError
from lakehouse.orchestration.queries import read_queries

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
        (("owner: sales-analytics\n", ""), "must say description, owner, schedule, format"),
        (("format: parquet", "format: parquet\ncolour: red"), "and nothing else"),
        (("format: parquet", "format: excel"), "format is 'excel': csv or parquet"),
        (("schedule: curated", "schedule: daily"), "schedule is 'daily': curated, or a cron"),
        (("schedule: curated", "schedule: 7"), "schedule is 7: write a text"),
        (("owner: sales-analytics", "owner: [a"), "its front matter is no YAML"),
        (("select 1", "select 1; select 1"), "one query .* without a semicolon"),
    ],
)
def test_read_queries__a_malformed_file__is_named_with_what_to_do(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    assert change[0] in GOOD
    with pytest.raises(ConfigError, match=rf"/orders_of_the_date\.sql: .*{message}"):
        read_queries(write(tmp_path, GOOD.replace(*change)))


def test_read_queries__a_name_that_is_no_folder__is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="its name must be lower-case"):
        read_queries(write(tmp_path, GOOD, "Orders of the date.sql"))
