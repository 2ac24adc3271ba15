"""The session: errors by Trino's names, cancelling, Python functions on demand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_athena.engine.contract import QueryCancelled, QueryControl
from local_athena.engine.session import Session
from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT CAST(2147483647 AS INTEGER) + x FROM range(1, 3) r(x)", None),
        (
            "SELECT CAST(2147483647 AS INTEGER) + CAST(x AS INTEGER) FROM range(1, 3) r(x)",
            "NUMERIC_VALUE_OUT_OF_RANGE",
        ),
        ("SELECT CAST(x AS TINYINT) FROM range(300, 302) r(x)", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("SELECT CAST(x AS DECIMAL(3,1)) FROM range(300, 302) r(x)", "INVALID_CAST_ARGUMENT"),
        ("SELECT CAST(x AS INTEGER) FROM (VALUES ('a')) v(x)", "INVALID_CAST_ARGUMENT"),
        ("SELECT (SELECT x FROM range(2) r(x))", "SUBQUERY_MULTIPLE_ROWS"),
        ("SELECT no_such_function(1)", "GENERIC_INTERNAL_ERROR"),
        ("SELECT error('TRINO:DIVISION_BY_ZERO:Division by zero:TRINO')", "DIVISION_BY_ZERO"),
        ("SELECT * FROM read_parquet('/nowhere/at/all.parquet')", "GENERIC_INTERNAL_ERROR"),
    ],
)
def test_execute__failure__has_trino_s_name(session: Session, sql: str, name: str | None) -> None:
    with session.cursor() as cursor:
        if name is None:
            assert len(cursor.rows(sql)) == 2
            return
        with pytest.raises(SqlError) as caught:
            cursor.rows(sql)
    assert caught.value.name == name


def test_cancel__running_query__stops_and_leaves_the_session_usable(session: Session) -> None:
    control = QueryControl()
    raised: list[type[BaseException]] = []

    def run() -> None:
        try:
            with session.cursor(control) as cursor:
                cursor.rows("SELECT count(*) FROM range(1000000) a, range(1000000) b")
        except QueryCancelled as error:
            raised.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    control.cancel()
    thread.join(timeout=20)

    assert not thread.is_alive()
    assert raised == [QueryCancelled]
    with session.cursor() as cursor:
        assert cursor.rows("SELECT 1") == [(1,)]


def test_python_function__named_in_a_text__is_there_when_it_runs(session: Session) -> None:
    text = call_python("twice", lambda value: value * 2, ["x"], ["BIGINT"], "BIGINT")

    with session.cursor() as cursor:
        rows = cursor.rows(f"SELECT {text} FROM (VALUES (1), (NULL), (4)) v(x)")

    assert rows == [(2,), (None,), (8,)]


def test_batches__large_answer__comes_in_pieces(session: Session) -> None:
    with session.cursor() as cursor:
        sizes = [batch.num_rows for batch in cursor.batches("SELECT * FROM range(50000)", 20000)]

    assert sum(sizes) == 50000
    assert max(sizes) <= 20480


def test_session__of_a_folder__reaches_no_other_file(tmp_path: Path) -> None:
    inside, outside = tmp_path / "data", tmp_path / "outside.txt"
    inside.mkdir()
    outside.write_text("secret")
    (inside / "link").symlink_to(outside)
    session = Session(temporary=inside / "tmp", folder=inside)
    with session.cursor() as cursor:
        cursor.execute(f"COPY (SELECT 1 AS a) TO '{inside}/x.parquet' (FORMAT parquet)")
        assert cursor.rows(f"SELECT a FROM read_parquet('{inside}/x.parquet')") == [(1,)]
        for text in (
            f"SELECT * FROM read_text('{outside}')",
            f"SELECT * FROM read_text('{inside}/../outside.txt')",
            f"SELECT * FROM read_text('{inside}/link')",
            f"COPY (SELECT 1) TO '{tmp_path}/new.csv'",
            f"ATTACH '{tmp_path}/new.db'",
            "INSTALL httpfs",
            "SET enable_external_access = true",
        ):
            with pytest.raises(SqlError):
                cursor.execute(text)
    session.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "outside.txt"]
