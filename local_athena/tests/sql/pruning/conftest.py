"""Small tables, and two ways to answer a query: reading all rows, or only what is needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from local_athena.engine.session import Session
from local_athena.sql import bound, nodes
from local_athena.sql.binder import (
    BindContext,
    bind_delete,
    bind_insert,
    bind_merge,
    bind_query,
    bind_update,
)
from local_athena.sql.bound import Constant, TableColumn, TableHandle
from local_athena.sql.parser import parse_statement
from local_athena.sql.pruning import ScanNeed, plan_scans
from local_athena.sql.rewrite import write_query
from local_athena.sql.type_text import parse_type

NOW = datetime(2026, 6, 10, 12, 30, tzinfo=UTC)
TYPES = {
    "k": "bigint",
    "i": "integer",
    "n": "decimal(6,2)",
    "s": "varchar",
    "p": "varchar(8)",
    "d": "date",
    "ts": "timestamp(3)",
    "b": "boolean",
    "x": "double",
}
_DUCK = {
    "k": "BIGINT",
    "i": "INTEGER",
    "n": "DECIMAL(6,2)",
    "s": "VARCHAR",
    "p": "VARCHAR",
    "d": "DATE",
    "ts": "TIMESTAMP",
    "b": "BOOLEAN",
    "x": "DOUBLE",
}
KEYS = ("i", "p", "d")
Row = Mapping[str, Any]


class _Resolver:
    def resolve(self, catalog: str | None, database: str | None, name: str) -> TableHandle | None:
        if name not in ("t", "u", "v"):
            return None
        types = TYPES if name != "v" else {**TYPES, "extra": "varchar"}
        columns = tuple(
            TableColumn(each, parse_type(text), partition_key=each in KEYS)
            for each, text in types.items()
        )
        return TableHandle(database or "db", name, "hive", columns)

    def at_version(self, handle: TableHandle, version: Any) -> TableHandle:
        return handle


def context() -> BindContext:
    return BindContext(
        resolver=_Resolver(), catalog="awsdatacatalog", database="db", now=NOW, zone="UTC",
        parameters=(), user="test",
    )  # fmt: skip


def bind(text: str) -> bound.BoundStatement:
    statement = parse_statement(text)
    if isinstance(statement, nodes.QueryStatement):
        return bind_query(statement.query, context())
    if isinstance(statement, nodes.Delete):
        return bind_delete(statement, context())
    if isinstance(statement, nodes.Update):
        return bind_update(statement, context())
    if isinstance(statement, nodes.Merge):
        return bind_merge(statement, context())
    assert isinstance(statement, nodes.Insert)
    return bind_insert(statement, context())


def scans(tree: Any) -> dict[int, str]:
    """Names of the tables that a bound tree scans, by the scan's id."""
    found: dict[int, str] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, bound.Scan):
            found[node.id] = node.handle.name
        if isinstance(node, tuple):
            waiting.extend(node)
        elif type(node).__module__ == bound.__name__ and not isinstance(node, TableHandle):
            waiting.extend(getattr(node, name) for name in node.__dataclass_fields__)
    return found


def needs(text: str) -> dict[str, ScanNeed]:
    """The need of each table's only scan, by the table's name."""
    statement = bind(text)
    planned = plan_scans(statement)
    found = {name: planned[id_] for id_, name in scans(statement).items()}
    assert len(found) == len(planned), "a table is scanned more than once"
    return found


def _literal(value: Any, kind: str) -> str:
    if value is None:
        return f"NULL::{kind}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"'{value}'::{kind}"
    return f"'{value}'::{kind}"


def relation(rows: Sequence[Row], extra: bool = False) -> str:
    """DuckDB SQL of a relation with these rows."""
    names = [*TYPES, "extra"] if extra else list(TYPES)
    kinds = {**_DUCK, "extra": "VARCHAR"}
    selects = [
        "SELECT " + ", ".join(f'{_literal(row.get(n), kinds[n])} AS "{n}"' for n in names)
        for row in rows
    ]
    if not selects:
        nothing = ", ".join(f'NULL::{kinds[n]} AS "{n}"' for n in names)
        return f"(SELECT {nothing} WHERE false)"
    return "(" + " UNION ALL ".join(selects) + ")"


def admitted(rows: Sequence[Row], need: ScanNeed) -> list[Row]:
    """The rows that the domains let through, as an engine that reads no other files would."""
    return [
        row
        for row in rows
        if all(domain.admits(row.get(name)) for name, domain in need.domains.items())
        and all(each.admits(_key_values(row)) for each in need.filters)
    ]


def _key_values(row: Row) -> dict[str, Constant]:
    """The row's partition keys as an engine would give them."""
    values = {name: row.get(name) for name in KEYS}
    if values["d"] is not None:
        values["d"] = (values["d"] - date(1970, 1, 1)).days
    return {name: Constant(value, parse_type(TYPES[name])) for name, value in values.items()}


class Answers:
    """Answers queries on given tables with all rows, and with the needed ones only."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def both(
        self, text: str, tables: Mapping[str, Sequence[Row]]
    ) -> tuple[list[Any], list[Any], int, int]:
        """(full answer, pruned answer, rows there, rows read), answers in no order."""
        query = bind(text)
        assert isinstance(query, bound.BoundQuery)
        planned = plan_scans(query)
        full: dict[int, str] = {}
        pruned: dict[int, str] = {}
        there = read = 0
        for id_, name in scans(query).items():
            need = planned[id_]
            kept = admitted(tables[name], need)
            there, read = there + len(tables[name]), read + len(kept)
            blind = [
                {n: v if n in need.columns else _other(v) for n, v in row.items()} for row in kept
            ]
            full[id_] = relation(tables[name], name == "v")
            pruned[id_] = relation(blind, name == "v")
        return self._rows(query, full), self._rows(query, pruned), there, read

    def _rows(self, query: bound.BoundQuery, sources: Mapping[int, str]) -> list[Any]:
        with self.session.cursor() as cursor:
            rows = cursor.rows(write_query(query, sources))
        return sorted(rows, key=repr)


def _other(value: Any) -> Any:
    """Another value of the type: what stands in a column that is not needed must not matter."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return value + 1
    return value if isinstance(value, date) else value + "?"


@pytest.fixture(scope="session")
def answers() -> Iterator[Answers]:
    session = Session()
    yield Answers(session)
    session.close()


@pytest.fixture
def need() -> Callable[[str], ScanNeed]:
    """The need of table t in a statement that scans it once."""
    return lambda text: needs(text)["t"]
