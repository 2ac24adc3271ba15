"""A small shop to bind statements against, and a reader of bound trees that trusts nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from local_athena.sql import nodes
from local_athena.sql.binder import (
    BindContext,
    bind_create_table_as,
    bind_delete,
    bind_insert,
    bind_merge,
    bind_query,
    bind_update,
)
from local_athena.sql.bound import TableColumn, TableHandle, ViewHandle
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement
from local_athena.sql.type_text import parse_type

NOW = datetime(2026, 11, 23, 22, 54, 14, 123456, tzinfo=UTC)


def columns(**types: str) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(name, parse_type(text)) for name, text in types.items())


TABLES: dict[tuple[str, str], TableHandle | ViewHandle] = {
    ("shop", "orders"): TableHandle(
        "shop",
        "orders",
        "hive",
        (
            *columns(
                id="bigint",
                customer="varchar",
                total="decimal(18,2)",
                placed_at="timestamp(3)",
                tags="array(varchar)",
                address="row(city varchar, zip varchar)",
            ),
            TableColumn("$path", parse_type("varchar"), hidden=True),
        ),
    ),
    ("shop", "items"): TableHandle(
        "shop", "items", "hive", columns(id="bigint", product="varchar", price="decimal(18,2)")
    ),
    ("shop", "stock"): TableHandle(
        "shop", "stock", "iceberg", columns(id="integer", name="varchar", qty="integer")
    ),
    ("shop", "narrow"): TableHandle(
        "shop",
        "narrow",
        "hive",
        columns(code="varchar(3)", letter="char(2)", pairs="array(varchar(3))"),
    ),
    ("shop", "big_orders"): ViewHandle(
        "shop",
        "big_orders",
        "SELECT id, total FROM orders WHERE total > 100",
        columns(id="bigint", total="decimal(18,2)"),
    ),
    ("shop", "stale"): ViewHandle(
        "shop", "stale", "SELECT id FROM orders", columns(id="bigint", total="decimal(18,2)")
    ),
    ("shop", "changed"): ViewHandle(
        "shop", "changed", "SELECT customer AS id FROM orders", columns(id="bigint")
    ),
    ("shop", "broken"): ViewHandle("shop", "broken", "SELECT nope FROM orders", columns(a="date")),
    ("shop", "circle"): ViewHandle("shop", "circle", "SELECT * FROM circle", columns(a="date")),
    ("other", "far"): ViewHandle(
        "other",
        "far",
        "SELECT count(*) AS n FROM orders",
        columns(n="bigint"),
        context_catalog="awsdatacatalog",
        context_database="shop",
    ),
}


class Shop:
    """Resolves the names of TABLES; `shop` and `other` are the databases there are."""

    def resolve(
        self, catalog: str | None, database: str | None, name: str
    ) -> TableHandle | ViewHandle | None:
        if catalog != "awsdatacatalog":
            raise SqlError("CATALOG_NOT_FOUND", f"Catalog '{catalog}' not found")
        if database not in ("shop", "other"):
            raise SqlError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
        return TABLES.get((database, name))

    def at_version(self, handle: TableHandle, version: tuple[str, Any]) -> TableHandle:
        return handle


_BINDERS: dict[type, Callable[[Any, BindContext], Any]] = {
    nodes.Insert: bind_insert,
    nodes.Delete: bind_delete,
    nodes.Update: bind_update,
    nodes.Merge: bind_merge,
    nodes.CreateTableAs: bind_create_table_as,
}

Bind = Callable[..., Any]


@pytest.fixture
def bind() -> Bind:
    """`bind(text, *parameters)` in the database `shop` at NOW."""

    def bind_text(text: str, *parameters: nodes.Expression, database: str | None = "shop") -> Any:
        context = BindContext(
            Shop(), "awsdatacatalog", database, NOW, parameters=parameters, user="someone"
        )
        statement = parse_statement(text)
        if isinstance(statement, nodes.QueryStatement):
            return bind_query(statement.query, context)
        return _BINDERS[type(statement)](statement, context)

    return bind_text


@pytest.fixture
def types_of(bind: Bind) -> Callable[[str], list[str]]:
    """The types of a query's columns, as text."""
    return lambda text: [str(column.type) for column in bind(text).columns]


@pytest.fixture
def failure(bind: Bind) -> Callable[..., str]:
    """`NAME: line l:c: message` of a statement that must be refused."""

    def refused(text: str, *parameters: nodes.Expression, database: str | None = "shop") -> str:
        with pytest.raises(SqlError) as caught:
            bind(text, *parameters, database=database)
        return str(caught.value)

    return refused
