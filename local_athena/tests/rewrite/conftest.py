"""Statements over small tables of rows, run as the engine runs them but without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from local_athena.engine.results import batch_texts
from local_athena.engine.session import Session
from local_athena.sql import bound
from local_athena.sql import types as t
from local_athena.sql.binder import BindContext, bind_query
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import QueryStatement
from local_athena.sql.parser import parse_statement
from local_athena.sql.rewrite import write_query

Run = Callable[[str], list[list[str | None]]]

_ORDERS = """(SELECT * FROM (VALUES
    ('o1', 'ann', CAST(10.50 AS DECIMAL(18,2)), ['a', 'b'], TIMESTAMP '2024-01-01 10:00:00'),
    ('o2', 'ann', CAST(5.25 AS DECIMAL(18,2)), ['c'], TIMESTAMP '2024-01-02 11:00:00'),
    ('o3', 'bob', CAST(7.00 AS DECIMAL(18,2)), [], TIMESTAMP '2024-01-03 12:00:00'),
    ('o4', NULL, NULL, NULL, NULL)) AS v(order_id, customer, amount, items, "at"))"""
_PEOPLE = "(SELECT * FROM (VALUES ('ann', 30), ('bob', 0), ('cid', NULL)) AS v(name, age))"
TABLES: dict[str, tuple[tuple[tuple[str, t.Type], ...], str]] = {
    "orders": (
        (
            ("order_id", t.varchar(None)),
            ("customer", t.varchar(None)),
            ("amount", t.decimal(18, 2)),
            ("items", t.array(t.varchar(None))),
            ("at", t.timestamp(6)),
        ),
        _ORDERS,
    ),
    "people": ((("name", t.varchar(None)), ("age", t.INTEGER)), _PEOPLE),
}


class Tables:
    """A catalog of TABLES."""

    def resolve(
        self, catalog: str | None, database: str | None, name: str
    ) -> bound.TableHandle | None:
        found = TABLES.get(name)
        if found is None:
            return None
        columns = tuple(bound.TableColumn(column, type_) for column, type_ in found[0])
        return bound.TableHandle("test", name, "hive", columns)


def scans(tree: Any) -> Iterator[bound.Scan]:
    """Every scan of a tree."""
    if isinstance(tree, bound.Scan):
        yield tree
    elif isinstance(tree, tuple):
        for part in tree:
            yield from scans(part)
    elif is_dataclass(tree):
        for field in fields(tree):
            yield from scans(getattr(tree, field.name))


def bind(sql: str) -> bound.BoundQuery:
    statement = parse_statement(sql)
    assert isinstance(statement, QueryStatement)
    context = BindContext(
        resolver=Tables(),
        catalog="awsdatacatalog",
        database="test",
        now=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    return bind_query(statement.query, context)


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


@pytest.fixture(scope="session")
def run(session: Session) -> Run:
    def go(sql: str) -> list[list[str | None]]:
        query = bind(sql)
        text = write_query(query, {scan.id: TABLES[scan.handle.name][1] for scan in scans(query)})
        types = [column.type for column in query.columns]
        rows: list[list[str | None]] = []
        with session.cursor() as cursor:
            for batch in cursor.batches(text):
                rows.extend(map(list, zip(*batch_texts(batch, types), strict=True)))
        return rows

    return go


@pytest.fixture(scope="session")
def error_of(run: Run) -> Callable[[str], str]:
    def go(sql: str) -> str:
        with pytest.raises(SqlError) as caught:
            run(sql)
        return caught.value.name

    return go
