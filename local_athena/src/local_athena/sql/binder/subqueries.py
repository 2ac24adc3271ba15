"""Queries inside expressions: scalar ones, EXISTS, IN, and comparisons with ANY and ALL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.correlation import (
    can_run_exists,
    can_run_in,
    can_run_quantified,
    can_run_value,
)
from local_athena.sql.binder.operators import comparison_type, negated
from local_athena.sql.binder.scope import Scope
from local_athena.sql.binder.values import assign, coerce
from local_athena.sql.bound import (
    BoundExpression,
    BoundQuery,
    BoundSelect,
    BoundSetOperation,
    BoundValues,
    Column,
    Derived,
    Exists,
    FieldOf,
    InQuery,
    Output,
    Quantified,
    Reference,
    RowOf,
    ScalarQuery,
)
from local_athena.sql.coercion import common_super_type, is_comparable
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Field, Type, display, fields_of


def _inner(binder: Binder, query: nodes.Query, scope: Scope, at: nodes.At) -> BoundQuery:
    if scope.in_lambda():
        raise SqlError("NOT_SUPPORTED", "Lambda expression cannot contain subqueries", at)
    return binder.query(query, scope)


def check_correlation(
    binder: Binder,
    query: BoundQuery,
    scope: Scope,
    can_run: Callable[[BoundQuery, Collection[int]], bool],
    at: nodes.At,
) -> None:
    """Note a subquery that uses columns around it in a way for which Trino has no plan."""
    if not can_run(query, scope.columns_in_sight()):
        problem = "Given correlated subquery is not supported"
        binder.unplanned.append(SqlError("NOT_SUPPORTED", problem, at))


def _value_type(query: BoundQuery) -> Type:
    """What a query is as a value: its column's type, or a row of them."""
    if len(query.columns) == 1:
        return query.columns[0].type
    return t.row(*(Field(column.name, column.type) for column in query.columns))


def bind_scalar_query(binder: Binder, node: nodes.ScalarQuery, scope: Scope) -> BoundExpression:
    query = _inner(binder, node.query, scope, node.at)
    check_correlation(binder, query, scope, can_run_value, node.query.at)
    type_ = _value_type(query)
    if len(query.columns) > 1:
        query = _packed(binder, query, type_)
    return ScalarQuery(query, type_)


def _packed(binder: Binder, query: BoundQuery, type_: Type) -> BoundQuery:
    """The query with its columns as one row value."""
    inner = tuple(binder.new_column(column.name, column.type) for column in query.columns)
    value = RowOf(tuple(Reference(column) for column in inner), type_)
    output = Output(value, binder.new_column(None, type_))
    select = BoundSelect((output,), False, Derived(query, inner), None, (), None, None)
    return BoundQuery(select, (output.column,))


def bind_exists(binder: Binder, node: nodes.Exists, scope: Scope) -> BoundExpression:
    query = _inner(binder, node.query, scope, node.at)
    check_correlation(binder, query, scope, can_run_exists, node.at)
    return Exists(query, t.BOOLEAN)


def bind_in_query(binder: Binder, node: nodes.InQuery, scope: Scope) -> BoundExpression:
    value = binder.expression(node.value, scope)
    query = _inner(binder, node.query, scope, node.at)
    value = _compared(value, query)
    check_correlation(binder, query, scope, can_run_in, node.at)
    common = common_super_type(value.type, _value_type(query))
    if common is None or not is_comparable(common):
        raise SqlError(
            "TYPE_MISMATCH",
            "Value expression and result of subquery must be of the same type: "
            f"{display(value.type)} vs {display(_value_type(query))}",
            node.at,
        )
    found = InQuery(coerce(value, common), _as_value(binder, query, common), t.BOOLEAN)
    return negated(found, node.negated)


def _compared(value: BoundExpression, query: BoundQuery) -> BoundExpression:
    """What is compared with a query's rows: a row of one field is its field, as a query of one
    column is its column."""
    if value.type.base != "row" or len(query.columns) > 1 or len(fields_of(value.type)) > 1:
        return value
    if isinstance(value, RowOf):
        return value.items[0]
    return FieldOf(value, 0, fields_of(value.type)[0].type)


def bind_quantified(
    binder: Binder, node: nodes.QuantifiedComparison, scope: Scope
) -> BoundExpression:
    value = binder.expression(node.left, scope)
    query = _inner(binder, node.query, scope, node.at)
    value = _compared(value, query)
    is_in = (node.operator, node.quantifier) in (("=", "any"), ("<>", "all"))
    can_run = can_run_in if is_in else can_run_quantified
    check_correlation(binder, query, scope, can_run, node.query.at)
    common = comparison_type(node.operator, value.type, _value_type(query), node.at)
    return Quantified(
        node.operator,
        node.quantifier,
        coerce(value, common),
        _as_value(binder, query, common),
        t.BOOLEAN,
    )


def _as_value(binder: Binder, query: BoundQuery, type_: Type) -> BoundQuery:
    """The query with columns of the types that `type_` asks for."""
    if len(query.columns) == 1:
        return coerce_query(binder, query, (type_,))
    return coerce_query(binder, query, [field.type for field in fields_of(type_)])


def coerce_query(
    binder: Binder, query: BoundQuery, types: Sequence[Type], *, assignment: bool = False
) -> BoundQuery:
    """The query giving columns of these types, to which its own can be coerced.

    The casts go into a plain select's outputs or a VALUES' rows; any other query is wrapped.
    """
    if [column.type for column in query.columns] == list(types):
        return query
    plain = not query.order_by and query.offset is None and query.limit is None
    if plain and isinstance(query.body, BoundSelect) and not query.body.distinct:
        outputs = tuple(
            Output(_cast(o.value, type_, assignment), _retyped(binder, o.column, type_))
            for o, type_ in zip(query.body.outputs, types, strict=True)
        )
        columns = tuple(output.column for output in outputs)
        return replace(query, body=replace(query.body, outputs=outputs), columns=columns)
    columns = tuple(
        _retyped(binder, column, type_) for column, type_ in zip(query.columns, types, strict=True)
    )
    if plain and isinstance(query.body, BoundValues):
        rows = tuple(
            tuple(_cast(v, type_, assignment) for v, type_ in zip(row, types, strict=True))
            for row in query.body.rows
        )
        return replace(query, body=BoundValues(rows), columns=columns)
    if plain and isinstance(query.body, BoundSetOperation) and not query.body.distinct:
        body = query.body
        if body.kind == "union":
            left = coerce_query(binder, body.left, types, assignment=assignment)
            right = coerce_query(binder, body.right, types, assignment=assignment)
            return replace(query, body=replace(body, left=left, right=right), columns=columns)
    inner = tuple(binder.new_column(column.name, column.type) for column in query.columns)
    outputs = tuple(
        Output(_cast(Reference(source), column.type, assignment), column)
        for source, column in zip(inner, columns, strict=True)
    )
    select = BoundSelect(outputs, False, Derived(query, inner), None, (), None, None)
    return BoundQuery(select, columns)


def select_columns(binder: Binder, query: BoundQuery, places: Sequence[int]) -> BoundQuery:
    """The query with the columns at these places, in this order."""
    inner = tuple(binder.new_column(column.name, column.type) for column in query.columns)
    outputs = tuple(
        Output(Reference(inner[place]), binder.new_column(inner[place].name, inner[place].type))
        for place in places
    )
    select = BoundSelect(outputs, False, Derived(query, inner), None, (), None, None)
    return BoundQuery(select, tuple(output.column for output in outputs))


def _retyped(binder: Binder, column: Column, type_: Type) -> Column:
    return column if column.type == type_ else binder.new_column(column.name, type_)


def _cast(value: BoundExpression, type_: Type, assignment: bool) -> BoundExpression:
    return assign(value, type_) if assignment else coerce(value, type_)
