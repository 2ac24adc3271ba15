"""Histories of racing writers on one table: what was answered is what one order of them gives.

The expected values are sums of the answers, counted outside of the table. Rules: Iceberg's
serializable isolation, which Trino's writes ask for.
"""

import threading
from collections.abc import Callable
from typing import Any

import boto3
import pyarrow as pa
import pytest
from local_athena.client import AthenaClient
from local_athena.server import Endpoint, serve
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException

RESULTS = {"OutputLocation": "s3://results/"}
LOST = "ICEBERG_COMMIT_ERROR: "


class Writers:
    """Statements of one endpoint, from many threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        options = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.athena: Any = boto3.client(
            "athena", endpoint_url=endpoint.url, region_name="us-east-1", **options
        )

    def run(self, sql: str) -> dict[str, Any]:
        """How a statement ended."""
        query = self.athena.start_query_execution(QueryString=sql, ResultConfiguration=RESULTS)
        while True:
            answer = self.athena.get_query_execution(**_id(query))["QueryExecution"]["Status"]
            if answer["State"] not in ("QUEUED", "RUNNING"):
                return dict(answer)

    def won(self, sql: str) -> bool:
        """Run a statement that may lose a race; whether it took place."""
        status = self.run(sql)
        if status["State"] == "SUCCEEDED":
            return True
        assert status["StateChangeReason"].startswith(LOST), status
        error = status["AthenaError"]
        assert (error["ErrorCategory"], error["ErrorType"], error["Retryable"]) == (2, 233, True)
        return False

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        """The rows of a query."""
        client = AthenaClient(self.endpoint.url)
        found = [tuple(map(str, row)) for row in client.run(sql, "h", "s3://results/").rows]
        client.close()
        return found


def _id(query: dict[str, Any]) -> dict[str, str]:
    return {"QueryExecutionId": query["QueryExecutionId"]}


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with serve(data=tmp_path_factory.mktemp("history")) as endpoint:
        made = Writers(endpoint)
        s3 = boto3.client(
            "s3", endpoint_url=endpoint.url, region_name="us-east-1",
            aws_access_key_id="x", aws_secret_access_key="x",
        )  # fmt: skip
        s3.create_bucket(Bucket="lake")
        s3.create_bucket(Bucket="results")
        s3.close()
        assert made.run("create database h")["State"] == "SUCCEEDED"
        yield made


def table(writers: Writers, name: str, *rows: str) -> None:
    assert (
        writers.run(
            f"create table h.{name} (id int, n bigint) location 's3://lake/{name}/' "
            "tblproperties ('table_type' = 'iceberg')"
        )["State"]
        == "SUCCEEDED"
    )
    for row in rows:
        assert writers.won(f"insert into h.{name} values {row}")


def race(*works: Callable[[], Any]) -> list[Any]:
    """Run all at once; their answers."""
    barrier, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(number: int) -> None:
        barrier.wait()
        answers[number] = works[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_increments__by_merge_and_update_from_eight_threads__all_answered_ones_count(
    writers: Writers,
) -> None:
    table(writers, "counter", "(1, 0), (2, 0)")

    def work(number: int) -> int:
        merge = (
            "merge into h.counter t using (values 1) s(id) on t.id = s.id "
            "when matched then update set n = t.n + 1"
        )
        update = "update h.counter set n = n + 1 where id = 1"
        return sum(writers.won(merge if (number + turn) % 2 else update) for turn in range(4))

    won = sum(race(*(lambda number=number: work(number) for number in range(8))))
    assert won >= 1
    assert writers.rows("select id, n from h.counter order by id") == [("1", str(won)), ("2", "0")]


@pytest.mark.parametrize("emptied", [False, True])
def test_merges__of_one_key_into_a_table_without_rows__make_one_row(
    writers: Writers, emptied: bool
) -> None:
    """That there are no files is what the statement read."""
    for turn in range(4):
        name = f"upsert{turn}{emptied}".lower()
        table(writers, name, *(["(7, 1)"] if emptied else []))
        if emptied:
            assert writers.won(f"delete from h.{name}")
        merge = (
            f"merge into h.{name} t using (select 9 as id) s on t.id = s.id "
            "when matched then update set n = t.n + 1 when not matched then insert values (9, 1)"
        )
        won = sum(race(*(lambda merge=merge: writers.won(merge) for _ in range(3))))
        assert writers.rows(f"select count(*), sum(n) from h.{name}") == [("1", str(won))]


def test_write_skew__each_reads_what_the_other_writes__one_loses(writers: Writers) -> None:
    """Two on call; each may leave while the other stays: never both."""
    for turn in range(4):
        name = f"skew{turn}"
        table(writers, name, "(1, 1)", "(2, 1)")

        def leave(one: int, other: int, name: str = name) -> bool:
            # The predicate on n of the other's row is part of what the statement reads.
            return writers.won(
                f"merge into h.{name} t using (select id, n from h.{name} where id = {other}) s "
                f"on t.id in ({one}, {other}) and s.n = 1 "
                f"when matched and t.id = {one} then update set n = 0"
            )

        race(lambda leave=leave: leave(1, 2), lambda leave=leave: leave(2, 1))
        assert writers.rows(f"select sum(n) from h.{name}") != [("0",)]


def test_insert_and_delete__racing__give_what_one_order_gives(writers: Writers) -> None:
    for turn in range(4):
        name = f"pair{turn}"
        table(writers, name, "(1, 1), (2, 2)")
        inserted, deleted = race(
            lambda name=name: writers.won(f"insert into h.{name} values (3, 2)"),
            lambda name=name: writers.won(f"delete from h.{name} where n = 2"),
        )
        assert inserted  # an append reads nothing: it never conflicts
        found = {int(row[0]) for row in writers.rows(f"select id from h.{name}")}
        if deleted:
            assert found in ({1}, {1, 3})
        else:
            assert found == {1, 2, 3}


def test_pyiceberg__appending_through_glue_meanwhile__loses_and_steals_nothing(
    writers: Writers,
) -> None:
    table(writers, "mixed", "(0, 0)")
    url = writers.endpoint.url
    keys = ("access-key-id", "secret-access-key")
    catalog = GlueCatalog(
        "h",
        **{f"{s}.{k}": "x" for s in ("glue", "s3") for k in keys},
        **{"glue.endpoint": url, "s3.endpoint": url, "glue.region": "us-east-1",
           "s3.region": "us-east-1", "s3.force-virtual-addressing": "false"},
    )  # fmt: skip
    schema = pa.schema([("id", pa.int32()), ("n", pa.int64())])

    def theirs() -> int:
        landed = 0
        for turn in range(6):
            try:
                rows = pa.table({"id": [100 + turn], "n": [1]}, schema=schema)
                catalog.load_table("h.mixed").append(rows)
            except CommitFailedException:
                continue
            landed += 1
        return landed

    def ours() -> int:
        return sum(writers.won(f"insert into h.mixed values ({turn + 1}, 1)") for turn in range(6))

    def updates() -> int:
        return sum(writers.won("update h.mixed set n = n + 1 where id = 0") for _ in range(4))

    landed, inserted, updated = race(theirs, ours, updates)
    assert landed + inserted >= 6
    assert writers.rows(
        "select count(*), sum(case when id > 0 then n end), max(case when id = 0 then n end) "
        "from h.mixed"
    ) == [(str(1 + landed + inserted), str(landed + inserted), str(updated))]
