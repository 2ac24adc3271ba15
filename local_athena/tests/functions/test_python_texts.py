"""Texts that Python functions make must outlive the call, whatever DuckDB does with them."""

from __future__ import annotations

import pytest
from local_athena.engine.session import Session
from local_athena.functions.udf import call_python

LONG = "a text that is longer than twelve bytes"


@pytest.mark.parametrize(
    ("returns", "made", "shown"),
    [
        ("VARCHAR", LONG, LONG),
        ("BLOB", LONG.encode(), LONG.encode()),
        ("STRUCT(a VARCHAR, b BIGINT)", {"a": LONG, "b": 1}, {"a": LONG, "b": 1}),
        ("VARCHAR[]", [LONG, "b"], [LONG, "b"]),
        ("MAP(VARCHAR, VARCHAR)", [(LONG, LONG)], {LONG: LONG}),
    ],
)
def test_call_python__long_text_within_coalesce_and_case__stays(
    returns: str, made: object, shown: object
) -> None:
    name = "long_" + "".join(c for c in returns.lower() if c.isalpha())
    call = call_python(name, lambda _: made, ["x"], ["VARCHAR"], returns)
    chosen = f"CASE WHEN x <> '' THEN COALESCE({call}, {call}) END"
    session = Session()

    with session.cursor() as cursor:
        found = [
            cursor.rows(f"SELECT {chosen}, repeat('z', 100) FROM (VALUES ('1')) AS t(x)")[0][0]
            for _ in range(50)
        ]

    session.close()
    assert found == [shown] * 50
