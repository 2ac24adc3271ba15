"""Statements on `--engine trino` with a real Trino, and the same on the embedded engine.

Runs with `make interop` where a Java 24 is (Trino is fetched once). The statements change the
tables of one database, in order; what the last column shows is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from local_athena.engine.trino.java import find_java
from local_athena.errors import EngineUnavailableError
from local_athena.server import Endpoint, serve
from local_athena.settings import Settings

pytestmark = pytest.mark.interop

CASES = Path(__file__).parent / "cases"
CREATED = (CASES / "changes.sql").read_text().split(";\n")
ASKED = (CASES / "questions.sql").read_text().split(";\n")
REFUSED = {
    "SELECT 1/0": "DIVISION_BY_ZERO",
    "SELECT nothing FROM db.ice": "COLUMN_NOT_FOUND",
    "SELECT * FROM db.nothing": "TABLE_NOT_FOUND",
    "SELECT CAST('x' AS integer)": "INVALID_CAST_ARGUMENT",
    "DELETE FROM db.hive WHERE id = 1": "NOT_SUPPORTED",
    "MERGE INTO db.ice t USING (VALUES BIGINT '12', 12) s(id) ON t.id = s.id "
    "WHEN MATCHED THEN DELETE": "MERGE_TARGET_ROW_MULTIPLE_MATCHES",
}


class Lake:
    """Statements on one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        def client(service: str) -> Any:
            return boto3.client(
                service, endpoint_url=endpoint.url, region_name="us-east-1",
                aws_access_key_id="x", aws_secret_access_key="x",
            )  # fmt: skip

        client("s3").create_bucket(Bucket="bucket")
        self.s3, self.athena = client("s3"), client("athena")

    def start(self, sql: str) -> str:
        found: str = self.athena.start_query_execution(
            QueryString=sql, ResultConfiguration={"OutputLocation": "s3://bucket/results/"}
        )["QueryExecutionId"]
        return found

    def end(self, query: str) -> dict[str, Any]:
        while True:
            found: dict[str, Any] = self.athena.get_query_execution(QueryExecutionId=query)[
                "QueryExecution"
            ]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return found

    def run(self, sql: str) -> dict[str, Any]:
        return self.end(self.start(sql))

    def answer(self, sql: str) -> tuple[list[str], list[list[str | None]]]:
        """(types, rows with the header) of a statement that succeeds."""
        query = self.start(sql)
        found = self.end(query)
        assert found["Status"]["State"] == "SUCCEEDED", (sql, found["Status"])
        result = self.athena.get_query_results(QueryExecutionId=query)["ResultSet"]
        types = [column["Type"] for column in result["ResultSetMetadata"]["ColumnInfo"]]
        return types, [[v.get("VarCharValue") for v in row["Data"]] for row in result["Rows"]]


def opened(data: Path, engine: str) -> Iterator[Lake]:
    with serve(data, settings=Settings(data=data, port=0, engine=engine)) as endpoint:
        lake = Lake(endpoint)
        for sql in CREATED:
            found = lake.run(sql)
            assert found["Status"]["State"] == "SUCCEEDED", (sql, found["Status"])
        yield lake


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    yield from opened(tmp_path_factory.mktemp("embedded"), "duckdb")


@pytest.fixture(scope="module")
def trino(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    try:
        find_java()
    except EngineUnavailableError as error:
        pytest.skip(str(error))
    yield from opened(tmp_path_factory.mktemp("trino"), "trino")


def test_trino__every_answer__is_the_embedded_engines(trino: Lake, embedded: Lake) -> None:
    for sql in ASKED:
        assert embedded.answer(sql) == trino.answer(sql), sql


def test_trino__what_it_refuses__has_the_name_that_the_embedded_engine_gives(
    trino: Lake, embedded: Lake
) -> None:
    for sql, name in REFUSED.items():
        for lake in (trino, embedded):
            status = lake.run(sql)["Status"]
            assert status["State"] == "FAILED", sql
            assert status["StateChangeReason"].startswith(name), (sql, status)


def test_trino__text_outside_of_its_grammar__fails_when_it_runs(trino: Lake) -> None:
    status = trino.run("SELEC 1")["Status"]
    assert status["State"] == "FAILED"
    assert "mismatched input 'SELEC'" in status["StateChangeReason"]


def test_trino__writes__say_how_many_rows_and_which_files(trino: Lake) -> None:
    query = trino.start("INSERT INTO db.hive VALUES (4, 'd', 'three')")
    found = trino.end(query)
    assert found["Status"]["State"] == "SUCCEEDED"
    assert trino.athena.get_query_results(QueryExecutionId=query)["UpdateCount"] == 1
    assert trino.answer("SELECT v FROM db.hive WHERE p = 'three'")[1] == [["v"], ["d"]]
    assert found["Statistics"]["EngineExecutionTimeInMillis"] > 0
    listed = trino.s3.list_objects_v2(Bucket="bucket", Prefix="unloaded/")
    assert listed["KeyCount"] > 0


def test_trino__stopped__ends_as_cancelled_and_is_free_again(trino: Lake) -> None:
    query = trino.start(
        "SELECT count(*) FROM unnest(sequence(1, 10000)) a(x), unnest(sequence(1, 10000)) b(y), "
        "unnest(sequence(1, 10000)) c(z) WHERE x * y = z"
    )
    trino.athena.stop_query_execution(QueryExecutionId=query)
    assert trino.end(query)["Status"]["State"] == "CANCELLED"
    assert trino.answer("SELECT 1")[1] == [["_col0"], ["1"]]
