"""What DuckDB makes of rewritten queries: its own EXPLAIN says which operators it chose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from local_athena.engine.session import Session
from local_athena.sql.rewrite import write_query

from .conftest import TABLES, bind, scans


def _plan(session: Session, sql: str) -> str:
    query = bind(sql)
    text = write_query(query, {scan.id: TABLES[scan.handle.name][1] for scan in scans(query)})
    with session.cursor() as cursor:
        return str(cursor.rows(f"EXPLAIN {text}")[0][1])


@pytest.mark.parametrize(
    ("column", "low", "high", "kind"),
    [
        ('CAST("at" AS date)', "2024-01-02", "2024-01-05", "date"),
        ('"at"', "2024-01-01", "2024-01-02 10:00:00", "timestamp(6)"),
        ("amount", "5", "7", "integer"),
    ],
)
def test_write_query__cast_of_a_constant_beside_a_join__leaves_it_a_hash_join(
    session: Session, column: str, low: str, high: str, kind: str
) -> None:
    """A cast that might fail hides what follows it from the optimizer; a known one must not."""
    plan = _plan(
        session,
        f"SELECT name FROM people, orders WHERE {column} >= CAST('{low}' AS {kind}) "
        f"AND {column} < CAST('{high}' AS {kind}) AND name = customer",
    )

    assert "HASH_JOIN" in plan
    assert "CROSS_PRODUCT" not in plan
    assert "NESTED_LOOP" not in plan


def test_write_query__cast_of_a_wrong_constant__still_fails(
    error_of: Callable[[str], str],
) -> None:
    sql = "SELECT name FROM people WHERE CAST('x' AS date) > DATE '2020-01-01'"

    assert error_of(sql) == "INVALID_CAST_ARGUMENT"
