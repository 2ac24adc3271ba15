"""StopQueryExecution in every phase of a query: it stops and leaves nothing, or it is too late.

A phase is reached when a step of the engine says so; the step then waits for the test.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from local_athena.engine import querying
from local_athena.engine.contract import QueryControl
from local_athena.engine.session import Cursor
from local_athena.server import serve
from local_athena.settings import QUERY_THREADS, Settings
from local_athena.storage.files import FileStore

PATIENCE = 60
LONG = "FROM unnest(sequence(1, 10000)) a(x), unnest(sequence(1, 10000)) b(y)"


class Lake:
    """Clients of an endpoint that runs one query and one DDL at a time."""

    def __init__(self, url: str) -> None:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}

        def client(service: str) -> Any:
            return boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)

        self.s3, self.athena, self.glue = client("s3"), client("athena"), client("glue")

    def start(self, sql: str) -> str:
        found: str = self.athena.start_query_execution(
            QueryString=sql, ResultConfiguration={"OutputLocation": "s3://bucket/results/"}
        )["QueryExecutionId"]
        return found

    def stop(self, query: str) -> None:
        self.athena.stop_query_execution(QueryExecutionId=query)

    def end(self, query: str) -> str:
        """The final state, with the reason of a failure."""
        until = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < until, f"{query} does not end"
            answer = self.athena.get_query_execution(QueryExecutionId=query)
            status = answer["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                reason = status.get("StateChangeReason", "")
                return status["State"] + (f" {reason}" if status["State"] == "FAILED" else "")

    def run(self, sql: str) -> None:
        assert self.end(self.start(sql)) == "SUCCEEDED"

    def count(self, table: str) -> str:
        query = self.start(f"SELECT count(*) FROM db.{table}")
        assert self.end(query) == "SUCCEEDED"
        rows = self.athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
        return str(rows[1]["Data"][0]["VarCharValue"])

    def keys(self, prefix: str) -> set[str]:
        listed = self.s3.list_objects_v2(Bucket="bucket", Prefix=prefix)
        return {one["Key"] for one in listed.get("Contents", ())}

    def tables(self) -> set[str]:
        return {one["Name"] for one in self.glue.get_tables(DatabaseName="db")["TableList"]}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    data = tmp_path_factory.mktemp("stop")
    settings = Settings(data=data, port=0, query_threads=1)
    with serve(data, settings=settings) as endpoint:
        found = Lake(endpoint.url)
        found.s3.create_bucket(Bucket="bucket")
        found.run("CREATE DATABASE db")
        for name in ("inserted", "merged"):
            found.run(
                f"CREATE TABLE db.{name} (id bigint) LOCATION 's3://bucket/{name}/' "
                "TBLPROPERTIES ('table_type' = 'ICEBERG')"
            )
        found.run("INSERT INTO db.merged VALUES 1, 2")
        yield found


class Gate:
    """A step of the engine that waits; `reached` when it is there."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def pass_through(self) -> None:
        self.reached.set()
        assert self.open.wait(PATIENCE)

    def before(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **kwargs: Any) -> Any:
            self.pass_through()
            return step(*args, **kwargs)

        return stepped

    def after(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **kwargs: Any) -> Any:
            found = step(*args, **kwargs)
            self.pass_through()
            return found

        return stepped


def stopped_at(lake: Lake, gate: Gate, sql: str) -> tuple[str, str]:
    """(id, final state) of a statement that is stopped when it is at the gate."""
    query = lake.start(sql)
    assert gate.reached.wait(PATIENCE)
    lake.stop(query)
    gate.open.set()
    return query, lake.end(query)


def test_stop__queued__is_cancelled_at_once_and_never_runs(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    with monkeypatch.context() as patched:
        patched.setattr(querying, "bind_query", gate.before(querying.bind_query))
        first = lake.start("SELECT 1")
        assert gate.reached.wait(PATIENCE)
        waiting = lake.start("INSERT INTO db.inserted VALUES 7")
        lake.stop(waiting)
        assert lake.end(waiting) == "CANCELLED"
        gate.open.set()
    assert lake.end(first) == "SUCCEEDED"
    assert lake.count("inserted") == "0"


def test_stop__planning__leaves_no_result(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    with monkeypatch.context() as patched:
        patched.setattr(querying, "bind_query", gate.before(querying.bind_query))
        query, state = stopped_at(lake, gate, "SELECT 1")
    assert state == "CANCELLED"
    assert lake.keys(f"results/{query}") == set()


def test_stop__within_duckdb__interrupts_it(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    gate.open.set()
    with monkeypatch.context() as patched:
        patched.setattr(Cursor, "_watch", gate.before(Cursor._watch))
        query, state = stopped_at(
            lake, gate, f"SELECT count(*) {LONG}, unnest(sequence(1, 10000)) c(z) WHERE x * y = z"
        )
    assert state == "CANCELLED"
    assert lake.keys(f"results/{query}") == set()
    lake.run("SELECT 1")  # its thread is free again


def test_stop__within_a_python_function__ends_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = threading.Event()
    check, calls = QueryControl.check, count()

    def noticing(control: QueryControl) -> None:
        # the function asks for every row, on DuckDB's threads or the query's own; phases ask seldom
        if next(calls) > 50 or not threading.current_thread().name.startswith(QUERY_THREADS):
            reached.set()
        check(control)

    monkeypatch.setattr(QueryControl, "check", noticing)
    query = lake.start(f"SELECT count(regexp_replace(CAST(x + y AS varchar), '(?=1)', 'z')) {LONG}")
    assert reached.wait(PATIENCE)
    lake.stop(query)
    assert lake.end(query) == "CANCELLED"
    lake.run("SELECT 1")


WRITES = {
    "inserted": "INSERT INTO db.inserted SELECT x FROM unnest(sequence(1, 50)) t(x)",
    "merged": "MERGE INTO db.merged t USING (VALUES BIGINT '2', 3) s(id) ON t.id = s.id "
    "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id)",
    "made": "CREATE TABLE db.made WITH (format = 'PARQUET', partitioned_by = ARRAY['p'], "
    "external_location = 's3://bucket/made/') AS SELECT x, x % 3 p "
    "FROM unnest(sequence(1, 9)) t(x)",
    "made_iceberg": "CREATE TABLE db.made_iceberg WITH (table_type = 'ICEBERG', "
    "is_external = false, location = 's3://bucket/made_iceberg/') AS SELECT 1 x",
    "unloaded": "UNLOAD (SELECT 1 x) TO 's3://bucket/unloaded/' WITH (format = 'PARQUET')",
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("phase", ["writing", "before the commit"])
def test_stop__a_write_that_is_not_committed__leaves_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, name: str, phase: str
) -> None:
    files, tables = lake.keys(f"{name}/"), lake.tables()
    rows = lake.count(name) if name in tables else None
    gate = Gate()
    with monkeypatch.context() as patched:
        if phase == "writing":
            patched.setattr(FileStore, "publish", gate.after(FileStore.publish))
        else:
            patched.setattr(QueryControl, "begin_commit", gate.before(QueryControl.begin_commit))
        _, state = stopped_at(lake, gate, WRITES[name])
    assert state == "CANCELLED"
    assert lake.keys(f"{name}/") == files
    assert lake.tables() == tables
    if rows is not None:
        assert lake.count(name) == rows


@pytest.mark.parametrize("name", WRITES)
def test_stop__while_it_commits__is_too_late(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    gate = Gate()
    files = lake.keys(f"{name}/")
    with monkeypatch.context() as patched:
        patched.setattr(QueryControl, "begin_commit", gate.after(QueryControl.begin_commit))
        _, state = stopped_at(lake, gate, WRITES[name])
    assert state == "SUCCEEDED"
    assert lake.keys(f"{name}/") > files
    if name != "unloaded":
        assert lake.count(name) == {"inserted": "50", "merged": "2", "made": "9"}.get(name, "1")
