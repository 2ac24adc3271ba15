"""Queries: WITH, bodies, set operations, ORDER BY over them, OFFSET and LIMIT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.scope import Scope, fields_of_columns
from local_athena.sql.binder.selects import bind_select, ordinal_or
from local_athena.sql.binder.subqueries import coerce_query, select_columns
from local_athena.sql.binder.values import coerce
from local_athena.sql.binder.windows import sort_key
from local_athena.sql.binder.with_queries import bind_with
from local_athena.sql.bound import (
    BoundExpression,
    BoundQuery,
    BoundSetOperation,
    BoundValues,
    Constant,
    FieldOf,
    SortKey,
)
from local_athena.sql.coercion import common_super_type, is_comparable
from local_athena.sql.errors import SqlError
from local_athena.sql.pruning.constants import fold
from local_athena.sql.types import Field, Type, display, fields_of

MAX_ROWS = 2**63 - 1
MAX_SORTED_ROWS = 2**31 - 1
"""The most that LIMIT and OFFSET of a sorted query may add up to."""


def bind_query(binder: Binder, node: nodes.Query, outer: Scope) -> BoundQuery:
    """A query inside `outer`, whose columns it may use."""
    common, named = bind_with(binder, node, outer)
    scope = Scope((), outer, boundary=True, named_queries=named)
    if isinstance(node.body, nodes.Select):
        query = bind_select(binder, node.body, node.order_by, scope)
    else:
        query = _bind_body(binder, node.body, scope)
        if node.order_by or node.limit is not None or node.offset is not None:
            if query.order_by or query.limit is not None or query.offset is not None or query.with_:
                query = BoundQuery(query, query.columns)
            keys = _order_keys(binder, node.order_by, query, scope)
            query = replace(query, order_by=keys)
    if node.with_ties and not node.order_by:
        raise SqlError(
            "MISSING_ORDER_BY",
            "FETCH FIRST WITH TIES clause requires ORDER BY",
            node.limit.at if node.limit is not None else node.at,
        )
    if common and query.with_:
        query = BoundQuery(query, query.columns)
    found = replace(
        query,
        with_=common or query.with_,
        offset=_row_count(binder, node.offset, "OFFSET") if node.offset else query.offset,
        limit=_row_count(binder, node.limit, "LIMIT") if node.limit else query.limit,
        with_ties=node.with_ties or query.with_ties,
    )
    sorted_rows = None if found.limit is None else found.limit + (found.offset or 0)
    if found.order_by and sorted_rows is not None and sorted_rows > MAX_SORTED_ROWS:
        raise SqlError("NOT_SUPPORTED", "ORDER BY LIMIT > 2147483647 is not supported")
    return found


def _bind_body(binder: Binder, body: nodes.QueryBody, scope: Scope) -> BoundQuery:
    if isinstance(body, nodes.Select):
        return bind_select(binder, body, (), scope)
    if isinstance(body, nodes.Values):
        return _bind_values(binder, body, scope)
    if isinstance(body, nodes.TableQuery):
        every = nodes.SelectStar(body.at)
        table = nodes.TableName(body.name.at, body.name)
        return bind_select(binder, nodes.Select(body.at, (every,), from_=table), (), scope)
    if isinstance(body, nodes.SetOperation):
        return _bind_set_operation(binder, body, scope)
    return binder.query(body, scope)


def _order_keys(
    binder: Binder, order_by: Sequence[nodes.SortItem], query: BoundQuery, outer: Scope
) -> tuple[SortKey, ...]:
    """ORDER BY over anything but a select: outputs only."""
    scope = Scope(fields_of_columns(query.columns), outer)
    return tuple(
        sort_key(item, ordinal_or(item, query.columns, lambda node: binder.expression(node, scope)))
        for item in order_by
    )


def _row_count(binder: Binder, node: nodes.Expression, clause: str) -> int:
    """The number of LIMIT, OFFSET or FETCH: a literal, or a parameter that coerces to bigint.

    Raises:
        SqlError: TYPE_MISMATCH, INVALID_ARGUMENTS (NULL) or NUMERIC_VALUE_OUT_OF_RANGE.
    """
    if isinstance(node, nodes.IntegerLiteral):
        value: BoundExpression = Constant(node.value, t.BIGINT)
    else:
        given = binder.expression(node, Scope())
        if common_super_type(given.type, t.BIGINT) != t.BIGINT:
            problem = f"Cannot cast type {display(given.type)} to bigint"
            raise SqlError("TYPE_MISMATCH", problem, node.at)
        value = coerce(given, t.BIGINT)
    known = fold(value)
    if known is None:
        raise SqlError("NOT_SUPPORTED", f"{clause} by a parameter that is computed", node.at)
    count = known.value
    if count is None:
        problem = f"Parameter value provided for {clause} is NULL"
        raise SqlError("INVALID_ARGUMENTS", problem, node.at)
    if not 0 <= count <= MAX_ROWS:
        problem = f"{clause} row count must be greater or equal to 0 (actual value: {count})"
        raise SqlError("NUMERIC_VALUE_OUT_OF_RANGE", problem, node.at)
    return int(count)


# ---------------------------------------------------------------- VALUES


def _bind_values(binder: Binder, node: nodes.Values, scope: Scope) -> BoundQuery:
    """Rows: a row value gives as many columns as it has fields, anything else one."""
    rows = [_row(binder, source, Scope((), scope)) for source in node.rows]
    types = [value.type for value in rows[0]]
    for row in rows[1:]:
        if len(row) != len(types):
            raise SqlError(
                "TYPE_MISMATCH",
                f"Values rows have mismatched sizes: {len(types)} vs {len(row)}",
                node.at,
            )
    for row in rows[1:]:
        for index, value in enumerate(row):
            common = common_super_type(types[index], value.type)
            if common is None:
                raise SqlError(
                    "TYPE_MISMATCH",
                    f"Values rows have mismatched types: {_row_type(rows[0])} vs {_row_type(row)}",
                    node.at,
                )
            types[index] = common
    coerced = tuple(
        tuple(coerce(value, type_) for value, type_ in zip(row, types, strict=True)) for row in rows
    )
    columns = tuple(binder.new_column(None, type_) for type_ in types)
    return BoundQuery(BoundValues(coerced), columns)


def _row(binder: Binder, source: nodes.Expression, scope: Scope) -> list[BoundExpression]:
    if isinstance(source, nodes.RowConstructor):
        return [binder.expression(item, scope) for item in source.items]
    value = binder.expression(source, scope)
    if value.type.base == "row":
        return [
            FieldOf(value, index, field.type) for index, field in enumerate(fields_of(value.type))
        ]
    return [value]


def _row_type(row: Sequence[BoundExpression]) -> str:
    return display(t.row(*(Field(None, value.type) for value in row)))


# ---------------------------------------------------------------- set operations


def _bind_set_operation(binder: Binder, node: nodes.SetOperation, scope: Scope) -> BoundQuery:
    """A set operation; a chain of them leans to the left and is bound in a loop."""
    chain = [node]
    while isinstance(chain[-1].left, nodes.SetOperation):
        chain.append(chain[-1].left)
    query = _bind_side(binder, chain[-1].left, scope)
    for link in reversed(chain):
        query = _combine(binder, link, query, _bind_side(binder, link.right, scope))
    return query


def _bind_side(binder: Binder, body: nodes.QueryBody, scope: Scope) -> BoundQuery:
    return _bind_body(binder, body, Scope((), scope, boundary=True))


def _corresponding(
    binder: Binder, node: nodes.SetOperation, left: BoundQuery, right: BoundQuery
) -> tuple[BoundQuery, BoundQuery]:
    """Both sides with the columns whose names both have, in the left one's order.

    Raises:
        SqlError: NOT_SUPPORTED, MISSING_COLUMN_NAME, AMBIGUOUS_NAME, MISMATCHED_COLUMN_ALIASES.
    """
    if node.corresponding:
        raise SqlError("NOT_SUPPORTED", "CORRESPONDING with columns is unsupported", node.at)
    mine, theirs = _by_name(left, node.at), _by_name(right, node.at)
    shared = [name for name in mine if name in theirs]
    if not shared:
        raise SqlError("MISMATCHED_COLUMN_ALIASES", "No corresponding columns", node.at)
    return (
        select_columns(binder, left, [mine[name] for name in shared]),
        select_columns(binder, right, [theirs[name] for name in shared]),
    )


def _by_name(query: BoundQuery, at: nodes.At) -> dict[str, int]:
    """The places of a query's columns by their lower-case names."""
    found: dict[str, int] = {}
    for index, column in enumerate(query.columns):
        if column.name is None:
            problem = "Anonymous columns are not allowed in set operations with CORRESPONDING"
            raise SqlError("MISSING_COLUMN_NAME", problem, at)
        name = column.name.lower()
        if name in found:
            raise SqlError(
                "AMBIGUOUS_NAME",
                "Duplicate columns found when using CORRESPONDING in set operations: "
                f"{column.name}",
                at,
            )
        found[name] = index
    return found


def _combine(
    binder: Binder, node: nodes.SetOperation, left: BoundQuery, right: BoundQuery
) -> BoundQuery:
    if node.corresponding is not None:
        left, right = _corresponding(binder, node, left, right)
    kind = node.kind.upper()
    if len(left.columns) != len(right.columns):
        raise SqlError(
            "TYPE_MISMATCH",
            f"{kind} query has different number of fields: "
            f"{len(left.columns)}, {len(right.columns)}",
            node.at,
        )
    types: list[Type] = []
    for index, (mine, theirs) in enumerate(zip(left.columns, right.columns, strict=True)):
        common = common_super_type(mine.type, theirs.type)
        if common is None:
            raise SqlError(
                "TYPE_MISMATCH",
                f"column {index + 1} in {kind} query has incompatible types: "
                f"{display(mine.type)}, {display(theirs.type)}",
                node.at,
            )
        if (node.distinct or node.kind != "union") and not is_comparable(common):
            raise SqlError(
                "TYPE_MISMATCH",
                f"Type {display(common)} is not comparable and therefore cannot be used in "
                f"{kind}{' DISTINCT' if node.distinct else ''}",
                node.at,
            )
        types.append(common)
    body = BoundSetOperation(
        node.kind,
        node.distinct,
        coerce_query(binder, left, types),
        coerce_query(binder, right, types),
    )
    columns = tuple(
        binder.new_column(source.name, type_)
        for source, type_ in zip(left.columns, types, strict=True)
    )
    return BoundQuery(body, columns)
