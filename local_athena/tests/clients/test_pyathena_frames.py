"""PyAthena's cursors that give frames: pandas, Arrow, Polars, S3FS; by CSV and by UNLOAD."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyathena
import pytest
from local_athena.pytest_plugin import AthenaDatabase
from pyathena.aio.connection import AioConnection
from pyathena.aio.pandas.cursor import AioPandasCursor
from pyathena.arrow.async_cursor import AsyncArrowCursor
from pyathena.arrow.cursor import ArrowCursor
from pyathena.pandas.async_cursor import AsyncPandasCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.pandas.util import to_sql
from pyathena.polars.cursor import PolarsCursor
from pyathena.s3fs.cursor import S3FSCursor

SQL = (
    "select * from (values (1, 'a', 0.5e0, true, date '2024-02-29'), "
    "(2, null, null, null, null), (null, '', 1e0, false, date '1969-12-31')) "
    "t (n, text, ratio, ok, day) order by n nulls last"
)
unload = pytest.mark.parametrize("unload", [False, True], ids=["csv", "unload"])
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.fixture
def connection(database: AthenaDatabase) -> Iterator[Any]:
    """Each test has an output location of its own, for UNLOAD wants it empty."""
    with pyathena.connect(
        s3_staging_dir=database.output_location, schema_name=database.name, poll_interval=0.01
    ) as connection:
        yield connection


def nulls(values: Any) -> list[Any]:
    return [None if pd.isna(value) else value for value in values]


@unload
def test_pandas__frame(connection: Any, unload: bool) -> None:
    found = connection.cursor(PandasCursor, unload=unload).execute(SQL).as_pandas()
    assert nulls(found["n"]) == [1, 2, None]
    assert nulls(found["ratio"]) == [0.5, None, 1.0]
    assert nulls(found["ok"]) == [True, None, False]
    assert found["text"].iloc[0] == "a"


@unload
def test_pandas__rows_and_description(connection: Any, unload: bool) -> None:
    cursor = connection.cursor(PandasCursor, unload=unload).execute("select 1 as a, 'x' as b")
    assert [name for name, *_ in cursor.description] == ["a", "b"]
    assert cursor.fetchall() == [(1, "x")]


def test_pandas__chunks__together_all_rows(connection: Any) -> None:
    cursor = connection.cursor(PandasCursor).execute(
        "select n from unnest(sequence(1, 2500)) t (n) order by n", chunksize=1000
    )
    sizes = [len(chunk) for chunk in cursor.as_pandas()]
    assert sizes == [1000, 1000, 500]


@unload
def test_arrow__table(connection: Any, unload: bool) -> None:
    found = connection.cursor(ArrowCursor, unload=unload).execute(SQL).as_arrow()
    assert isinstance(found, pa.Table)
    assert found["n"].to_pylist() == [1, 2, None]
    assert found["ratio"].to_pylist() == [0.5, None, 1.0]
    assert found["ok"].to_pylist() == [True, None, False]


@unload
def test_polars__frame(connection: Any, unload: bool) -> None:
    found = connection.cursor(PolarsCursor, unload=unload).execute(SQL).as_polars()
    assert isinstance(found, pl.DataFrame)
    assert found["n"].to_list() == [1, 2, None]
    assert found["ok"].to_list() == [True, None, False]


def test_s3fs__rows(connection: Any) -> None:
    rows = connection.cursor(S3FSCursor).execute(SQL).fetchall()
    assert [row[0] for row in rows] == [1, 2, None]
    assert [row[3] for row in rows] == [True, None, False]


@pytest.mark.parametrize(
    ("kind", "method"), [(AsyncPandasCursor, "as_pandas"), (AsyncArrowCursor, "as_arrow")]
)
def test_async__futures_of_frames(connection: Any, kind: Any, method: str) -> None:
    cursor = connection.cursor(kind)
    futures = [cursor.execute(f"select {n} as n")[1] for n in (1, 2)]
    found = [list(getattr(future.result(), method)()["n"]) for future in futures]
    assert [[int(str(value)) for value in values] for values in found] == [[1], [2]]
    cursor.close()


def test_asyncio__pandas(database: AthenaDatabase) -> None:
    async def read() -> Any:
        connection = await AioConnection.create(
            s3_staging_dir=database.output_location, schema_name=database.name, poll_interval=0.01
        )
        async with connection, connection.cursor(AioPandasCursor) as cursor:
            await cursor.execute(SQL)
            return cursor.as_pandas()

    assert nulls(asyncio.run(read())["n"]) == [1, 2, None]


def test_to_sql__frame_becomes_a_table(connection: Any, database: AthenaDatabase) -> None:
    given = pd.DataFrame({"id": [1, 2, 3], "name": ["a", None, "c"], "part": ["x", "y", "y"]})
    to_sql(
        given,
        "uploaded",
        connection,
        f"{database.location}uploaded/",
        schema=database.name,
        partitions=["part"],
        if_exists="replace",
        compression="snappy",
    )
    cursor = connection.cursor(PandasCursor).execute("select * from uploaded order by id")
    found = cursor.as_pandas()
    assert nulls(found["name"]) == ["a", None, "c"]
    assert found["part"].to_list() == ["x", "y", "y"]
