"""PyAthena's cursors: expectations from PEP 249, PyAthena's documentation and its own tests."""

import asyncio
import datetime as dt
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyathena
import pytest
from local_athena.pytest_plugin import AthenaDatabase
from pyathena.aio.connection import AioConnection
from pyathena.aio.cursor import AioCursor, AioDictCursor
from pyathena.async_cursor import AsyncCursor, AsyncDictCursor
from pyathena.cursor import Cursor, DictCursor
from pyathena.error import OperationalError, ProgrammingError
from pyathena.filesystem.s3 import S3FileSystem
from pyathena.model import AthenaQueryExecution

VALUES: dict[str, Any] = {
    "true": True,
    "cast(-128 as tinyint)": -128,
    "cast(32767 as smallint)": 32767,
    "2147483647": 2147483647,
    "9223372036854775807": 9223372036854775807,
    "cast(0.5 as real)": 0.5,
    "1e-7": 1e-7,
    "infinity()": float("inf"),
    "decimal '10.10'": Decimal("10.10"),
    "'a \"quoted\", text'": 'a "quoted", text',
    "cast('ab' as char(4))": "ab  ",
    "date '2024-02-29'": dt.date(2024, 2, 29),
    "timestamp '2024-02-29 12:34:56.789'": dt.datetime(2024, 2, 29, 12, 34, 56, 789000),  # noqa: DTZ001
    "time '12:34:56.789'": dt.time(12, 34, 56, 789000),
    "x'00ff10'": b"\x00\xff\x10",
    "array[1, null, 3]": [1, None, 3],
    "map(array['a', 'b'], array[1, 2])": {"a": "1", "b": "2"},  # without type hints, texts
    "cast(row(1, 'x') as row(a integer, b varchar))": {"a": "1", "b": "x"},
    "json '{\"a\": [1, 2]}'": {"a": [1, 2]},
    "cast(null as varchar)": None,
}


@pytest.fixture(scope="module", autouse=True)
def table(database: AthenaDatabase) -> str:
    """2,500 numbers and their texts, in a Parquet table."""
    database.run(
        "create table numbers with (format = 'PARQUET') as "
        "select n, cast(n as varchar) as text from unnest(sequence(1, 2500)) t (n)"
    )
    return "numbers"


@pytest.fixture
def connection(database: AthenaDatabase) -> Iterator[Any]:
    options: dict[str, Any] = {"poll_interval": 0.01, "schema_name": database.name}
    with pyathena.connect(s3_staging_dir=database.output_location, **options) as connection:
        yield connection


@pytest.fixture
def cursor(connection: Any) -> Iterator[Any]:
    with connection.cursor() as cursor:
        yield cursor


def test_default_cursor__every_type__is_python_s(cursor: Any) -> None:
    cursor.execute(f"select {', '.join(VALUES)}")
    assert dict(zip(VALUES, cursor.fetchone(), strict=True)) == VALUES


def test_dict_cursor__every_type__by_column_name(connection: Any) -> None:
    aliases = ", ".join(f"{sql} as c{number}" for number, sql in enumerate(VALUES))
    row = connection.cursor(DictCursor).execute(f"select {aliases}").fetchone()
    assert row == {f"c{number}": value for number, value in enumerate(VALUES.values())}


@pytest.mark.parametrize(
    ("sql", "described"),
    [
        ("true", ("boolean", 0, 0)),
        ("cast(1 as tinyint)", ("tinyint", 3, 0)),
        ("cast(1 as smallint)", ("smallint", 5, 0)),
        ("1", ("integer", 10, 0)),
        ("cast(1 as bigint)", ("bigint", 19, 0)),
        ("cast(1 as real)", ("float", 17, 0)),
        ("1e0", ("double", 17, 0)),
        ("decimal '1.50'", ("decimal", 3, 2)),
        ("cast('a' as varchar)", ("varchar", 2147483647, 0)),
        ("cast('a' as varchar(10))", ("varchar", 10, 0)),
        ("timestamp '2024-01-01 00:00:00.000'", ("timestamp", 3, 0)),
        ("date '2024-01-01'", ("date", 0, 0)),
        ("x'00'", ("varbinary", 1073741824, 0)),
        ("array[1]", ("array", 0, 0)),
        ("map(array[1], array[1])", ("map", 0, 0)),
        ("cast(row(1) as row(a integer))", ("row", 0, 0)),
    ],
)
def test_description__name_type_precision_scale(
    cursor: Any, sql: str, described: tuple[str, int, int]
) -> None:
    """PyAthena's own test of its complex table demands these of Athena."""
    cursor.execute(f"select {sql} as c")
    kind, precision, scale = described
    assert cursor.description == [("c", kind, None, None, precision, scale, "UNKNOWN")]


def test_fetch__one_many_all__no_row_lost_between_pages(cursor: Any) -> None:
    cursor.execute("select n, text from numbers order by n")
    assert cursor.fetchone() == (1, "1")
    assert cursor.fetchmany(2) == [(2, "2"), (3, "3")]
    assert cursor.rownumber == 3
    rest = cursor.fetchall()
    assert rest == [(n, str(n)) for n in range(4, 2501)]
    assert cursor.fetchone() is None


def test_fetch__small_pages__every_row_once(connection: Any) -> None:
    cursor = connection.cursor(arraysize=7)
    assert [n for (n,) in cursor.execute("select n from numbers where n <= 50 order by n")] == [
        *range(1, 51)
    ]


def test_fetch__page_as_long_as_the_rows__ends(connection: Any) -> None:
    cursor = connection.cursor(arraysize=10)
    assert len(cursor.execute("select n from numbers where n <= 9").fetchall()) == 9
    assert len(cursor.execute("select n from numbers where n <= 10").fetchall()) == 10


def test_fetch__no_rows__is_empty(cursor: Any) -> None:
    assert cursor.execute("select n from numbers where n < 0").fetchall() == []
    assert [name for name, *_ in cursor.description] == ["n"]


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        ("it's", "varchar"),
        (7, "integer"),
        (Decimal("1.25"), "decimal(3, 2)"),
        (dt.date(2024, 2, 29), "date"),
        (dt.datetime(2024, 2, 29, 1, 2, 3), "timestamp(3)"),  # noqa: DTZ001
        (None, "varchar"),
    ],
)
def test_pyformat__value__comes_back(cursor: Any, value: Any, sql: str) -> None:
    cursor.execute(f"select cast(%(v)s as {sql})", {"v": value})
    assert cursor.fetchall() == [(value,)]


def test_pyformat__list__is_an_in_list(cursor: Any) -> None:
    cursor.execute("select n from numbers where text in %(v)s order by n", {"v": ["5", "7", "x"]})
    assert cursor.fetchall() == [(5,), (7,)]


def test_qmark__execution_parameters__are_sql_literals(cursor: Any) -> None:
    cursor.execute(
        "select n from numbers where n < ? and text = ?", ["100", "'42'"], paramstyle="qmark"
    )
    assert cursor.fetchall() == [(42,)]
    assert cursor.execution_parameters == ["100", "'42'"]


def test_qmark__bare_word__is_a_string(cursor: Any) -> None:
    """awswrangler's own tests pass `Washington` to Athena without quotes."""
    cursor.execute("select n from numbers where 'x' || text = ?", ["x9"], paramstyle="qmark")
    assert cursor.fetchall() == [(9,)]


def test_execution__facts_that_the_cursor_shows(database: AthenaDatabase, cursor: Any) -> None:
    cursor.execute("select n from numbers")
    assert cursor.state == AthenaQueryExecution.STATE_SUCCEEDED
    assert (cursor.statement_type, cursor.substatement_type) == ("DML", "SELECT")
    assert cursor.output_location == f"{database.output_location}{cursor.query_id}.csv"
    assert cursor.work_group == "primary"
    assert cursor.database == database.name
    assert cursor.query_queue_time_in_millis > 0
    assert cursor.total_execution_time_in_millis > 0
    assert cursor.engine_execution_time_in_millis >= 0
    assert cursor.data_scanned_in_bytes > 0
    assert cursor.submission_date_time <= cursor.completion_date_time
    assert cursor.effective_engine_version == "Athena engine version 3"
    assert cursor.state_change_reason is None
    assert cursor.encryption_option is None


def test_error__has_athena_s_reason_and_category(cursor: Any) -> None:
    with pytest.raises(OperationalError, match=r"COLUMN_NOT_FOUND: .*Column 'nope' cannot be"):
        cursor.execute("select nope from numbers")
    assert cursor.result_set is None
    with pytest.raises(OperationalError, match="DIVISION_BY_ZERO"):
        cursor.execute("select n / 0 from numbers")


def test_fetch__without_execute__is_a_programming_error(cursor: Any) -> None:
    with pytest.raises(ProgrammingError):
        cursor.fetchone()


def test_result_reuse__second_query__scans_nothing(cursor: Any) -> None:
    sql = "select sum(n) from numbers"
    for reused in (False, True):
        cursor.execute(sql, result_reuse_enable=True, result_reuse_minutes=5)
        assert cursor.fetchall() == [(3126250,)]
        assert cursor.reused_previous_result is reused
    assert cursor.data_scanned_in_bytes == 0
    assert cursor.result_reuse_minutes == 5


def test_cache__same_text__is_the_earlier_execution(cursor: Any) -> None:
    sql = "select 'cached' as c"
    first = cursor.execute(sql).query_id
    assert cursor.execute(sql, cache_size=50).query_id == first
    assert cursor.execute(sql).query_id != first


def test_cancel__from_another_thread__ends_the_query(connection: Any, endless: str) -> None:
    cursor: Cursor = connection.cursor()
    started: list[threading.Timer] = []

    def soon(query_id: str) -> None:
        started.append(threading.Timer(0.2, cursor.cancel))
        started[0].start()

    with pytest.raises(OperationalError, match="cancelled"):
        cursor.execute(endless, on_start_query_execution=soon)
    started[0].join()


def test_kill_on_interrupt__stops_the_query(
    connection: Any, endless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    cursor = connection.cursor(kill_on_interrupt=True)
    with monkeypatch.context() as patch:
        patch.setattr("pyathena.common.time.sleep", interrupt)
        with pytest.raises((OperationalError, KeyboardInterrupt)):
            cursor.execute(endless)
    execution = connection.client.get_query_execution(QueryExecutionId=cursor.query_id)
    assert execution["QueryExecution"]["Status"]["State"] == "CANCELLED"


def test_ddl__rows_of_show_and_describe(cursor: Any) -> None:
    cursor.execute("create view first_numbers as select n from numbers where n < 4")
    assert (cursor.statement_type, cursor.fetchall()) == ("DDL", [])
    assert cursor.execute("show tables").fetchall() == [("first_numbers",), ("numbers",)]
    described = cursor.execute("describe numbers").fetchall()
    assert [line.split() for (line,) in described] == [["n", "bigint"], ["text", "string"]]
    assert cursor.execute("explain select 1").fetchall()


def test_dml__counts_and_executemany(database: AthenaDatabase, cursor: Any) -> None:
    cursor.execute(
        f"create table pairs (a int, b string) location '{database.location}pairs/' "
        "tblproperties ('table_type' = 'ICEBERG')"
    )
    cursor.executemany(
        "insert into pairs values (%(a)s, %(b)s)",
        [{"a": 1, "b": "one"}, {"a": 2, "b": "jim o'rourke"}],
    )
    cursor.execute("update pairs set b = 'two' where a = 2")
    assert (cursor.rowcount, cursor.substatement_type) == (1, "UPDATE")
    cursor.execute("select a, b from pairs order by a")
    assert cursor.fetchall() == [(1, "one"), (2, "two")]
    cursor.execute("delete from pairs")
    assert cursor.rowcount == 2


def test_metadata__databases_and_tables(database: AthenaDatabase, cursor: Any) -> None:
    names = [found.name for found in cursor.list_databases("awsdatacatalog")]
    assert database.name in names
    metadata = cursor.get_table_metadata("numbers")
    assert [(column.name, column.type) for column in metadata.columns] == [
        ("n", "bigint"),
        ("text", "string"),
    ]
    listed = [found.name for found in cursor.list_table_metadata(expression="num*")]
    assert listed == ["numbers"]


def test_async_cursor__futures(connection: Any) -> None:
    cursor: Any = connection.cursor(AsyncCursor)
    futures = [cursor.execute(f"select n from numbers where n = {n}")[1] for n in (1, 2, 3)]
    assert [future.result().fetchall() for future in futures] == [[(1,)], [(2,)], [(3,)]]
    query_id, future = cursor.execute("select nope from numbers")
    assert future.result().state == AthenaQueryExecution.STATE_FAILED
    assert cursor.query_execution(query_id).result().query_id == query_id
    cursor.close()


def test_async_cursor__cancel(connection: Any, endless: str) -> None:
    cursor: Any = connection.cursor(AsyncDictCursor)
    query_id, future = cursor.execute(endless)
    cursor.cancel(query_id).result()
    assert future.result().state == AthenaQueryExecution.STATE_CANCELLED
    cursor.close()


@pytest.mark.parametrize(("kind", "expected"), [(AioCursor, (3,)), (AioDictCursor, {"n": 3})])
def test_asyncio_cursor__rows(database: AthenaDatabase, kind: Any, expected: Any) -> None:
    async def read() -> Any:
        connection = await AioConnection.create(
            s3_staging_dir=database.output_location, schema_name=database.name, poll_interval=0.01
        )
        async with connection, connection.cursor(kind) as cursor:
            await cursor.execute("select n from numbers where n in (3, 4) order by n")
            return await cursor.fetchone(), [row async for row in cursor]

    first, rest = asyncio.run(read())
    assert first == expected
    assert len(rest) == 1


def test_filesystem__lists_reads_and_writes(database: AthenaDatabase, connection: Any) -> None:
    files = S3FileSystem(connection=connection)
    root = f"s3://{database.bucket}/files"
    files.pipe_file(f"{root}/a.txt", b"0123456789")
    with files.open(f"{root}/b.txt", "wb") as out:
        out.write(b"x" * (6 * 1024 * 1024))  # in parts
    files.cp_file(f"{root}/a.txt", f"{root}/c.txt")
    assert files.cat_file(f"{root}/a.txt", start=2, end=5) == b"234"
    assert files.size(f"{root}/b.txt") == 6 * 1024 * 1024
    found = files.find(root)
    assert sorted(path.rpartition("/")[2] for path in found) == ["a.txt", "b.txt", "c.txt"]
    files.rm(root, recursive=True)
    assert not files.exists(f"{root}/a.txt")


def test_result_files__csv_and_its_metadata(database: AthenaDatabase, connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("select 1 as a, 'x\"y' as b, cast(null as varchar) as c, '' as d")
    files = S3FileSystem(connection=connection)
    assert files.cat_file(cursor.output_location) == b'"a","b","c","d"\n"1","x""y",,""\n'
    assert files.exists(cursor.output_location + ".metadata")


def test_hints__nested_values_are_typed(cursor: Any) -> None:
    sql = "select cast(row(1, array['1']) as row(a integer, b array(varchar))) as c"
    hints = {"c": "row(a integer, b array(varchar))"}
    (value,) = cursor.execute(sql, result_set_type_hints=hints).fetchone()
    assert value == {"a": 1, "b": ["1"]}
    assert json.loads(json.dumps(value)) == value
