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
        SqlError: DUPLICATE_NAMED_QUERY, MISMATCHED_COLUMN_ALIASES, DUPLICATE_COLUMN_NAME, and what
            recursion asks for.
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
        if node.recursive and not item.columns:
            raise SqlError(
                "MISSING_COLUMN_ALIASES",
                "missing column aliases in recursive WITH query",
                item.at,
            )
        if node.recursive and _references(item.query, name):
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
    seen: set[str] = set()
    for name in item.columns:
        if name.value.lower() in seen:
            problem = f"Column name '{name.value}' specified more than once"
            raise SqlError("DUPLICATE_COLUMN_NAME", problem, name.at)
        seen.add(name.value.lower())
    return tuple(
        binder.new_column(name.value, column.type)
        for name, column in zip(item.columns, query.columns, strict=True)
    )


_Table = nodes.TableName | nodes.TableQuery


def _references(value: Any, name: str) -> list[_Table]:
    """Where a query reads the relation of that name, its inner queries included, in the text's
    order."""
    return [
        table
        for table in _tables(value)
        if len(table.name.parts) == 1 and table.name.parts[0].value.lower() == name
    ]


def _tables(value: Any) -> Iterator[_Table]:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, _Table):
            yield current
        elif isinstance(current, tuple):
            stack.extend(reversed(current))
        elif isinstance(current, nodes.Node):
            parts = [getattr(current, field.name) for field in fields(current)]
            stack.extend(reversed(parts))


def _bind_recursive(
    binder: Binder, item: nodes.NamedQuery, scope: Scope
) -> tuple[BoundCommonTable, tuple[Column, ...]]:
    """`anchor UNION [ALL] step`: the anchor's columns are the query's, the step refers to them."""
    body = item.query.body
    name = item.name.value.lower()
    if item.query.with_:
        raise SqlError(
            "NOT_SUPPORTED", "immediate WITH clause in recursive query", item.query.with_[0].at
        )
    if not isinstance(body, nodes.SetOperation) or body.kind != "union":
        raise SqlError(
            "INVALID_RECURSIVE_REFERENCE",
            "recursive reference not allowed in this context",
            item.at,
        )
    if item.query.order_by:
        raise SqlError(
            "NOT_SUPPORTED",
            "immediate ORDER BY clause in recursive query",
            item.query.order_by[0].at,
        )
    if item.query.offset is not None:
        raise SqlError(
            "NOT_SUPPORTED", "immediate OFFSET clause in recursive query", item.query.offset.at
        )
    if item.query.limit is not None:
        raise SqlError(
            "INVALID_LIMIT_CLAUSE",
            "immediate FETCH FIRST / LIMIT clause in recursive query",
            item.query.limit.at,
        )
    if _references(body.left, name):
        raise SqlError(
            "INVALID_RECURSIVE_REFERENCE",
            "WITH table name is referenced in the base relation of recursion",
            item.at,
        )
    _check_step(body.right, name)
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


def _check_step(step: nodes.QueryBody, name: str) -> None:
    """The step reads the recursive query once, in FROM and on no side of a join that adds rows.

    Raises:
        SqlError: INVALID_RECURSIVE_REFERENCE.
    """
    references = _references(step, name)
    if len(references) > 1:
        problem = "multiple recursive references in the step relation of recursion"
        raise SqlError("INVALID_RECURSIVE_REFERENCE", problem, references[1].at)
    if references and references[0] not in _sources(step, name):
        problem = "recursive reference outside of FROM clause of the step relation of recursion"
        raise SqlError("INVALID_RECURSIVE_REFERENCE", problem, references[0].at)


def _sources(step: nodes.QueryBody, name: str) -> list[nodes.Node]:
    """The tables in the step's FROM, those of its subqueries and WITH queries included."""
    found: list[nodes.Node] = []
    waiting: list[Any] = [step]
    while waiting:
        node = waiting.pop()
        match node:
            case nodes.Query():
                waiting += [node.body, *(named.query for named in node.with_)]
            case nodes.Select():
                waiting += [node.from_] if node.from_ is not None else []
            case nodes.SubqueryRelation() | nodes.LateralRelation():
                waiting.append(node.query)
            case nodes.Aliased() | nodes.Sampled():
                waiting.append(node.relation)
            case nodes.Join():
                _check_sides(node, name)
                waiting += [node.left, node.right]
            case nodes.TableName():
                found.append(node)
    return found


def _check_sides(join: nodes.Join, name: str) -> None:
    for side, relation, kinds in (
        ("left", join.left, ("right", "full")),
        ("right", join.right, ("left", "full")),
    ):
        references = _references(relation, name)
        if join.kind in kinds and references:
            raise SqlError(
                "INVALID_RECURSIVE_REFERENCE",
                f"recursive reference in {side} source of {join.kind.upper()} join",
                references[0].at,
            )


def _as_query(body: nodes.QueryBody) -> nodes.Query:
    return body if isinstance(body, nodes.Query) else nodes.Query(body.at, body)
