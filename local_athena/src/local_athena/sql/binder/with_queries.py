"""WITH: named queries, each seeing those before it, and recursive ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from local_athena.sql import nodes
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.scope import NamedQuery, Scope
from local_athena.sql.binder.subqueries import coerce_query
from local_athena.sql.bound import BoundCommonTable, BoundQuery, BoundSetOperation, Column
from local_athena.sql.coercion import can_coerce
from local_athena.sql.errors import SqlError
from local_athena.sql.types import display


def bind_with(
    binder: Binder, node: nodes.Query, outer: Scope
) -> tuple[tuple[BoundCommonTable, ...], dict[str, NamedQuery]]:
    """The WITH queries of a query, and their names for the scope of its body.

    Raises:
        SqlError: DUPLICATE_NAMED_QUERY, MISMATCHED_COLUMN_ALIASES, and what recursion asks for.
    """
    found: list[BoundCommonTable] = []
    named: dict[str, NamedQuery] = {}
    for item in node.with_:
        name = item.name.value.lower()
        if name in named:
            raise SqlError(
                "DUPLICATE_NAMED_QUERY",
                f"WITH query name '{item.name.value}' specified more than once",
                item.at,
            )
        scope = Scope((), outer, boundary=True, named_queries=dict(named))
        if node.recursive and _uses(item.query, name):
            table, columns = _bind_recursive(binder, item, scope)
        else:
            query = binder.query(item.query, scope)
            columns = _named_columns(binder, item, query)
            table = BoundCommonTable(binder.new_id(), item.name.value, query, recursive=False)
        found.append(table)
        named[name] = NamedQuery(table.id, columns)
    return tuple(found), named


def _named_columns(binder: Binder, item: nodes.NamedQuery, query: BoundQuery) -> tuple[Column, ...]:
    if not item.columns:
        return query.columns
    if len(item.columns) != len(query.columns):
        raise SqlError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(item.columns)} entries but WITH query("
            f"{item.name.value}) has {len(query.columns)} columns",
            item.at,
        )
    return tuple(
        binder.new_column(name.value, column.type)
        for name, column in zip(item.columns, query.columns, strict=True)
    )


def _uses(value: Any, name: str) -> bool:
    """Whether a query reads the relation of that name, its inner queries included."""
    return any(
        len(table.name.parts) == 1 and table.name.parts[0].value.lower() == name
        for table in _tables(value)
    )


def _tables(value: Any) -> Iterator[nodes.TableName | nodes.TableQuery]:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, nodes.TableName | nodes.TableQuery):
            yield current
        elif isinstance(current, tuple):
            stack.extend(current)
        elif isinstance(current, nodes.Node):
            stack.extend(getattr(current, field.name) for field in fields(current))


def _bind_recursive(
    binder: Binder, item: nodes.NamedQuery, scope: Scope
) -> tuple[BoundCommonTable, tuple[Column, ...]]:
    """`anchor UNION [ALL] step`: the anchor's columns are the query's, the step refers to them."""
    body = item.query.body
    if item.query.with_ or not isinstance(body, nodes.SetOperation) or body.kind != "union":
        raise SqlError(
            "INVALID_RECURSIVE_REFERENCE",
            "recursive reference not allowed in this context",
            item.at,
        )
    if item.query.order_by or item.query.limit is not None or item.query.offset is not None:
        raise SqlError(
            "NOT_SUPPORTED",
            "immediate ORDER BY, OFFSET or LIMIT clause in recursive query is not supported",
            item.at,
        )
    name = item.name.value.lower()
    if not item.columns:
        raise SqlError(
            "MISSING_COLUMN_ALIASES",
            "missing column aliases in recursive WITH query",
            item.at,
        )
    if _uses(body.left, name):
        raise SqlError(
            "INVALID_RECURSIVE_REFERENCE",
            "WITH table name is referenced in the base relation of recursion",
            item.at,
        )
    anchor = binder.query(_as_query(body.left), scope)
    columns = _named_columns(binder, item, anchor)
    identity = binder.new_id()
    inner = Scope((), scope, boundary=True, named_queries={name: NamedQuery(identity, columns)})
    step = binder.query(_as_query(body.right), inner)
    if len(step.columns) != len(anchor.columns):
        raise SqlError(
            "TYPE_MISMATCH",
            "base and step relations of recursion have different number of fields: "
            f"{len(anchor.columns)}, {len(step.columns)}",
            body.at,
        )
    for index, (mine, theirs) in enumerate(zip(anchor.columns, step.columns, strict=True)):
        if not can_coerce(theirs.type, mine.type):
            raise SqlError(
                "TYPE_MISMATCH",
                f"recursion step relation output type ({display(theirs.type)}) is not coercible "
                f"to recursion base relation output type ({display(mine.type)}) at column "
                f"{index + 1}",
                body.at,
            )
    step = coerce_query(binder, step, [column.type for column in anchor.columns])
    outputs = tuple(binder.new_column(c.name, c.type) for c in columns)
    query = BoundQuery(BoundSetOperation("union", body.distinct, anchor, step), outputs)
    return BoundCommonTable(identity, item.name.value, query, recursive=True), columns


def _as_query(body: nodes.QueryBody) -> nodes.Query:
    return body if isinstance(body, nodes.Query) else nodes.Query(body.at, body)
