"""Iceberg through whole statements: from SQL text to counts, rows and bytes."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from local_athena.catalog.model import Database
from local_athena.catalog.records import Records
from local_athena.catalog.store import SqliteCatalog
from local_athena.engine.contract import QueryControl, QueryFailed, QueryOutcome, QueryRequest
from local_athena.engine.engine import Engine
from local_athena.settings import Settings
from local_athena.storage.database import Database as State
from local_athena.storage.files import FileStore
from local_athena.storage.rows import read_rows


class Athena:
    """Runs statements against an engine of its own."""

    def __init__(self, folder: Path) -> None:
        self.store = FileStore(folder / "s3", folder / "tmp")
        self.store.ensure_bucket("bucket")
        self.catalog = SqliteCatalog(Records(State(folder / "state.sqlite", durable=False)))
        self.catalog.create_database(Database("db"))
        self.settings = Settings(data=folder)
        self.engine = Engine(self.store, self.catalog, self.settings)

    def run(self, sql: str) -> tuple[QueryOutcome, list[list[str | None]]]:
        request = QueryRequest(
            str(uuid4()),
            sql,
            "awsdatacatalog",
            "db",
            "s3://bucket/results/",
            "primary",
            (),
            datetime.now(UTC),
        )
        outcome = self.engine.execute(request, QueryControl())
        return outcome, read_rows(self.settings.results, request.query_id, 0, 10_000)

    def rows(self, sql: str) -> list[list[str | None]]:
        return self.run(sql)[1]

    def count(self, sql: str) -> int | None:
        return self.run(sql)[0].update_count

    def scanned(self, sql: str) -> int:
        return self.run(sql)[0].scanned_bytes


@pytest.fixture
def athena(tmp_path: Path) -> Iterator[Athena]:
    athena = Athena(tmp_path)
    athena.run(
        "CREATE TABLE t (id bigint, region string, ts timestamp) PARTITIONED BY (region, day(ts)) "
        "LOCATION 's3://bucket/t/' TBLPROPERTIES ('table_type'='ICEBERG')"
    )
    athena.run(
        "INSERT INTO t SELECT x, if(x % 2 = 0, 'eu', 'us'), "
        "TIMESTAMP '2020-01-01 00:00:00' + x * INTERVAL '1' HOUR FROM UNNEST(sequence(0, 47)) u(x)"
    )
    yield athena
    athena.engine.close()


def test_select__of_one_day__scans_that_day_only(athena: Athena) -> None:
    every = athena.scanned("SELECT id, ts FROM t")
    day = (
        "SELECT id, ts FROM t WHERE ts >= TIMESTAMP '2020-01-02 00:00:00' "
        "AND ts < TIMESTAMP '2020-01-03 00:00:00'"
    )
    outcome, rows = athena.run(day)
    assert len(rows) == 24
    assert 0 < outcome.scanned_bytes < every * 0.6
    assert athena.scanned("SELECT id FROM t WHERE region = 'mars'") == 0


def test_delete__on_a_partition_column__scans_nothing(athena: Athena) -> None:
    outcome, _ = athena.run("DELETE FROM t WHERE region = 'eu'")
    assert (outcome.update_count, outcome.scanned_bytes) == (24, 0)
    assert athena.rows("SELECT count(*) FROM t") == [["24"]]
    assert athena.rows('SELECT count(*) FROM "t$files" WHERE content <> 0') == [["0"]]


def test_hidden_columns__by_name__are_the_files(athena: Athena) -> None:
    [[path, when]] = athena.rows('SELECT "$path", "$file_modified_time" FROM t WHERE id = 3')
    assert path is not None
    assert path.startswith("s3://bucket/t/data/region=us/ts_day=2020-01-01/")
    assert athena.store.exists(path)
    assert when is not None
    assert when.endswith(" UTC")


def test_metadata_tables__of_a_table__tell_its_state(athena: Athena) -> None:
    athena.run("DELETE FROM t WHERE id = 1")
    assert athena.rows('SELECT operation FROM "t$snapshots" ORDER BY committed_at') == [
        ["append"],
        ["append"],
        ["delete"],
    ]
    assert athena.rows(
        'SELECT partition.region, sum(record_count), sum(file_count) FROM "t$partitions" '
        "GROUP BY 1 ORDER BY 1"
    ) == [["eu", "24", "2"], ["us", "24", "2"]]
    assert athena.rows('SELECT content, count(*) FROM "t$files" GROUP BY 1 ORDER BY 1') == [
        ["0", "4"],
        ["1", "1"],
    ]
    assert athena.rows('SELECT count(*) FROM "t$history" WHERE is_current_ancestor') == [["3"]]
    for name in ("manifests", "refs", "properties", "entries", "metadata_log_entries"):
        assert athena.rows(f'SELECT * FROM "t${name}"')


def test_merge__by_many_threads_that_try_again__loses_no_update(athena: Athena) -> None:
    athena.run(
        "CREATE TABLE c WITH (table_type = 'ICEBERG', is_external = false, "
        "location = 's3://bucket/c/') AS SELECT 1 AS id, 0 AS n"
    )
    errors: list[str] = []

    def work(number: int) -> None:
        statement = (
            f"MERGE INTO c USING (VALUES (1, 1), ({number + 10}, 1)) s(id, n) ON c.id = s.id "
            "WHEN MATCHED THEN UPDATE SET n = c.n + s.n "
            "WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, s.n)"
        )
        for _ in range(50):
            try:
                athena.run(statement)
                return
            except QueryFailed as error:
                if "ICEBERG_COMMIT_ERROR" not in str(error):
                    raise
        errors.append(f"thread {number} never landed")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert athena.rows("SELECT id, n FROM c ORDER BY id") == [
        ["1", "4"],
        ["10", "1"],
        ["11", "1"],
        ["12", "1"],
        ["13", "1"],
    ]


def test_time_travel__through_statements__has_the_columns_of_then(athena: Athena) -> None:
    [[snapshot]] = athena.rows('SELECT max_by(snapshot_id, committed_at) FROM "t$snapshots"')
    athena.run("ALTER TABLE t ADD COLUMNS (extra string)")
    athena.run("DELETE FROM t")
    [row] = athena.rows(f"SELECT * FROM t FOR VERSION AS OF {snapshot} WHERE id = 3")
    assert row == ["3", "us", "2020-01-01 03:00:00.000000"]
    assert athena.rows("SELECT * FROM t") == []


def test_rename_and_drop__of_a_table__keep_and_remove_its_files(athena: Athena) -> None:
    athena.run("ALTER TABLE t RENAME TO t2")
    assert athena.rows("SELECT count(*) FROM t2") == [["48"]]
    athena.run("DROP TABLE t2")
    assert list(athena.store.list("s3://bucket/t/")) == []


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "OPTIMIZE t REWRITE DATA USING BIN_PACK WHERE id = 1",
            "NOT_SUPPORTED: Unexpected FilterNode found in plan",
        ),
        (
            "ALTER TABLE t SET TBLPROPERTIES ('nope' = '1')",
            "INVALID_TABLE_PROPERTY: Unsupported table property key: nope",
        ),
        ("ALTER TABLE t ADD COLUMNS (c tinyint)", "Type not supported for Iceberg: tinyint"),
        (
            (
                "CREATE TABLE u WITH (table_type = 'ICEBERG', location = 's3://bucket/u/', "
                "is_external = false, partitioning = ARRAY['day(id)']) AS SELECT 1 AS id"
            ),
            "INVALID_TABLE_PROPERTY: Invalid source type int for transform: day",
        ),
    ],
)
def test_statement__that_iceberg_refuses__fails_by_name(
    athena: Athena, statement: str, message: str
) -> None:
    with pytest.raises(QueryFailed) as failed:
        athena.run(statement)
    assert message in str(failed.value)
    assert athena.rows("SELECT count(*) FROM t") == [["48"]]


@pytest.mark.parametrize("codec", ["SNAPPY", "GZIP", "ZSTD", "NONE"])
def test_write_compression__of_a_table__is_the_files_codec(athena: Athena, codec: str) -> None:
    athena.run(
        "CREATE TABLE z WITH (table_type = 'ICEBERG', is_external = false, "
        f"location = 's3://bucket/z/', write_compression = '{codec}') AS SELECT 1 AS id"
    )
    [[path]] = athena.rows('SELECT "$path" FROM z')
    assert path is not None
    chunk = pq.read_metadata(athena.store.path(path)).row_group(0).column(0)
    assert chunk.compression == codec.replace("NONE", "UNCOMPRESSED")
