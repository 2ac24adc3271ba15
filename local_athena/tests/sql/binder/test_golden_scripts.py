"""DDL, DML and queries on tables: the recorded scenarios of a real Trino, as far as binding goes.

A catalog in memory follows the scenario's statements. What reads metadata tables or
information_schema needs the engine and is left out.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
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
    result_names,
)
from local_athena.sql.bound import TableColumn, TableHandle, ViewHandle
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement
from local_athena.sql.type_text import parse_hive_type
from local_athena.sql.types import VARCHAR, Field, Type

GOLDEN = Path(__file__).parents[2] / "golden" / "scripts.jsonl"
DATABASE = "db"

BINDERS: dict[type, Any] = {
    nodes.Insert: bind_insert,
    nodes.Delete: bind_delete,
    nodes.Update: bind_update,
    nodes.Merge: bind_merge,
}


def iceberg_type(type_: Type) -> Type:
    """What an Iceberg table keeps of a type: text without length, six digits of a second."""
    if type_.base in ("varchar", "char"):
        return VARCHAR
    if type_.base in ("tinyint", "smallint"):
        return Type("integer")
    if type_.base in ("timestamp", "timestamp with time zone"):
        return Type(type_.base, (6,))
    inner = tuple(
        Field(a.name, iceberg_type(a.type))
        if isinstance(a, Field)
        else iceberg_type(a)
        if isinstance(a, Type)
        else a
        for a in type_.arguments
    )
    return Type(type_.base, inner)


class Catalog:
    """The scenario's tables and views."""

    def __init__(self) -> None:
        self.tables: dict[str, TableHandle | ViewHandle] = {}

    def resolve(
        self, catalog: str | None, database: str | None, name: str
    ) -> TableHandle | ViewHandle | None:
        return self.tables.get(name)

    def at_version(self, handle: TableHandle, version: tuple[str, Any]) -> TableHandle:
        return handle

    def create(self, name: str, columns: list[tuple[str, Type]]) -> None:
        self.tables[name] = TableHandle(
            DATABASE, name, "iceberg", tuple(TableColumn(n.lower(), t) for n, t in columns)
        )


def table_name(name: nodes.Name) -> str:
    return name.parts[-1].value.lower()


def alter(catalog: Catalog, statement: nodes.AlterTable) -> None:
    table = catalog.tables[table_name(statement.table)]
    if statement.new_name is not None:
        del catalog.tables[table.name]
        catalog.tables[table_name(statement.new_name)] = table
        return
    columns = [
        (c.name.value, parse_hive_type(c.type, timestamp_digits=6)) for c in statement.columns
    ]
    kept = list(table.columns)
    if statement.action == "add columns":
        kept += [TableColumn(n.lower(), t) for n, t in columns]
    elif statement.action == "replace columns":
        kept = [TableColumn(n.lower(), t) for n, t in columns]
    elif statement.action == "change column" and statement.old_name is not None:
        old = statement.old_name.value.lower()
        name, type_ = columns[0]
        kept = [TableColumn(name.lower(), type_) if c.name == old else c for c in kept]
    elif statement.action == "drop column" and statement.old_name is not None:
        kept = [c for c in kept if c.name != statement.old_name.value.lower()]
    catalog.tables[table.name] = replace(table, columns=tuple(kept))


def run(text: str, catalog: Catalog) -> tuple[list[str], list[str]]:
    """Bind one statement and let the catalog follow; types and names of a query's columns."""
    statement = parse_statement(text)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    context = BindContext(catalog, "awsdatacatalog", DATABASE, now)
    if isinstance(statement, nodes.QueryStatement):
        query = bind_query(statement.query, context)
        return [str(c.type) for c in query.columns], list(result_names(query))
    if isinstance(statement, nodes.CreateTable):
        catalog.create(
            table_name(statement.table),
            [
                (c.name.value, parse_hive_type(c.type, timestamp_digits=6))
                for c in (*statement.columns, *statement.partition_columns)
            ],
        )
    elif isinstance(statement, nodes.CreateTableAs):
        if table_name(statement.table) in catalog.tables:
            raise SqlError("TABLE_ALREADY_EXISTS", "exists")
        bound = bind_create_table_as(statement, context)
        kept = [iceberg_type(c.type) for c in bound.query.columns]
        catalog.create(table_name(statement.table), list(zip(bound.names, kept, strict=True)))
    elif isinstance(statement, nodes.CreateView):
        query = bind_query(statement.query, context)
        name = table_name(statement.view)
        columns = tuple(
            TableColumn(n, c.type) for n, c in zip(result_names(query), query.columns, strict=True)
        )
        catalog.tables[name] = ViewHandle(DATABASE, name, statement.query_text, columns)
    elif isinstance(statement, nodes.AlterTable):
        alter(catalog, statement)
    elif isinstance(statement, nodes.DropTable | nodes.DropView):
        name = table_name(
            statement.table if isinstance(statement, nodes.DropTable) else statement.view
        )
        catalog.tables.pop(name, None)
    elif type(statement) in BINDERS:
        BINDERS[type(statement)](statement, context)
    return [], []


ENGINES = frozenset(
    (
        *("NUMERIC_VALUE_OUT_OF_RANGE", "TABLE_ALREADY_EXISTS", "COLUMN_ALREADY_EXISTS"),
        *("INVALID_ARGUMENTS", "MERGE_TARGET_ROW_MULTIPLE_MATCHES"),
    )
)
"""Errors that binding cannot see."""


def readable(record: dict[str, Any]) -> str:
    text: str = record["sql"]
    return text.replace("{db}", DATABASE).replace("{location}", "s3://bucket/place")


def is_engines(record: dict[str, Any]) -> bool:
    """Whether the statement needs what only the engine knows."""
    text = record["sql"].lower()
    if "information_schema" in text or "{snap:" in text or "{ts:" in text or "$" in text:
        return True
    error = record.get("error")
    if error is None:
        return False
    return error["name"] in ENGINES or text.startswith(("drop", "alter"))


def test_bind__golden_scenarios__agree_with_trino() -> None:
    outcomes: Counter[str] = Counter()
    problems: list[str] = []
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        scenario = json.loads(line)
        catalog = Catalog()
        for record in scenario["statements"]:
            if is_engines(record):
                continue
            text = readable(record)
            expected = record.get("error")
            try:
                types, names = run(text, catalog)
            except SqlError as error:
                right = expected is not None and error.name == expected["name"]
                outcomes["refused as Trino" if right else "refused"] += 1
                if not right:
                    problems.append(f"{scenario['name']}: {error} <- {text[:200]}")
                continue
            if expected is not None:
                if "specified more than once" in expected["message"] and "VIEW" in text:
                    continue  # CREATE VIEW's own check, made by the engine
                outcomes["accepted"] += 1
                problems.append(f"{scenario['name']}: accepted {expected} <- {text[:200]}")
            elif types and record.get("types") is not None:
                same = types == record["types"] and names == record["names"]
                outcomes["typed as Trino" if same else "typed otherwise"] += 1
                if not same:
                    problems.append(
                        f"{scenario['name']}: {types} {names} not {record['types']} "
                        f"{record['names']} <- {text[:200]}"
                    )
            else:
                outcomes["bound"] += 1
    sys.stdout.write(f"\n{dict(outcomes)}\n")
    assert outcomes["typed as Trino"] >= 279
    assert problems == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "INSERT INTO t VALUES (10, 'd')",
            (
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
                "Table: [integer, varchar, integer], Query: [integer, varchar(1)]"
            ),
        ),
        (
            "INSERT INTO t (id, id) VALUES (1, 2)",
            "DUPLICATE_COLUMN_NAME: line 1:1: Insert column name is specified more than once: id",
        ),
        (
            "INSERT INTO t (id, zzz) VALUES (1, 2)",
            "COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: zzz",
        ),
    ],
)
def test_bind__refused_inserts__have_trinos_words(text: str, message: str) -> None:
    catalog = Catalog()
    run(
        "CREATE TABLE t (id int, name string, qty int) LOCATION 's3://b/t/' "
        "TBLPROPERTIES ('table_type'='ICEBERG')",
        catalog,
    )
    with pytest.raises(SqlError) as caught:
        run(text, catalog)
    assert str(caught.value) == message
