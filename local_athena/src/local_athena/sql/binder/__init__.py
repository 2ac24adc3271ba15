"""Names and types by Trino's rules: trees of `sql/nodes.py` to trees of `sql/bound.py`.

    query = bind_query(parse_statement("SELECT …").query, context)

Every function here is one statement's binding: it raises SqlError with Trino's error name, words
and place, and what it returns needs no catalog, scope or guess any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from local_athena.sql import bound, nodes
from local_athena.sql.binder import (
    calls,
    json_calls,
    literals,
    names,
    operators,
    queries,
    relations,
    subqueries,
    writes,
)
from local_athena.sql.binder.context import BindContext
from local_athena.sql.binder.core import Binder, BindExpression, BindRelation, Handlers
from local_athena.sql.binder.scope import Scope
from local_athena.sql.errors import SqlError

_EXPRESSIONS: Mapping[type, BindExpression] = {
    nodes.NullLiteral: literals.bind_null,
    nodes.BooleanLiteral: literals.bind_boolean,
    nodes.StringLiteral: literals.bind_string,
    nodes.BinaryLiteral: literals.bind_binary,
    nodes.IntegerLiteral: literals.bind_integer,
    nodes.DecimalLiteral: literals.bind_decimal,
    nodes.DoubleLiteral: literals.bind_double,
    nodes.TypedLiteral: literals.bind_typed,
    nodes.IntervalLiteral: literals.bind_interval,
    nodes.Parameter: names.bind_parameter,
    nodes.ColumnName: names.bind_column,
    nodes.Dereference: names.bind_dereference,
    nodes.Subscript: names.bind_subscript,
    nodes.Unary: operators.bind_unary,
    nodes.Binary: operators.bind_binary,
    nodes.Comparison: operators.bind_comparison,
    nodes.Logical: operators.bind_logical,
    nodes.Not: operators.bind_not,
    nodes.Between: operators.bind_between,
    nodes.InList: operators.bind_in_list,
    nodes.Like: operators.bind_like,
    nodes.IsNull: operators.bind_is_null,
    nodes.Case: operators.bind_case,
    nodes.Cast: operators.bind_cast,
    nodes.AtTimeZone: operators.bind_at_time_zone,
    nodes.ArrayConstructor: operators.bind_array,
    nodes.RowConstructor: operators.bind_row,
    nodes.InQuery: subqueries.bind_in_query,
    nodes.QuantifiedComparison: subqueries.bind_quantified,
    nodes.Exists: subqueries.bind_exists,
    nodes.ScalarQuery: subqueries.bind_scalar_query,
    nodes.FunctionCall: calls.bind_call,
    nodes.Lambda: calls.bind_stray_lambda,
    nodes.JsonCall: json_calls.bind_json_call,
    nodes.JsonFormat: json_calls.bind_json_format,
}

_RELATIONS: Mapping[type, BindRelation] = {
    nodes.TableName: relations.bind_table,
    nodes.SubqueryRelation: relations.bind_subquery,
    nodes.LateralRelation: relations.bind_lateral,
    nodes.Unnest: relations.bind_unnest,
    nodes.TableFunction: relations.bind_table_function,
    nodes.Sampled: relations.bind_sample,
    nodes.Aliased: relations.bind_aliased,
    nodes.Join: relations.bind_join,
}

_HANDLERS = Handlers(_EXPRESSIONS, _RELATIONS, queries.bind_query)

_Bound = TypeVar("_Bound")


def _bind(context: BindContext, bind: Callable[[Binder], _Bound]) -> _Bound:
    binder = Binder(context, _HANDLERS)
    try:
        made = bind(binder)
    except RecursionError:
        raise SqlError(
            "STACK_OVERFLOW", "statement is too large (stack overflow during analysis)"
        ) from None
    for error in (*binder.window_faults, *binder.unplanned):
        raise error
    return made


def bind_query(
    query: nodes.Query, context: BindContext, *, new_view: tuple[str, str] | None = None
) -> bound.BoundQuery:
    """Bind a query, or that of a view to be made, `new_view` (database, name)."""

    def bind(binder: Binder) -> bound.BoundQuery:
        binder.new_view = new_view
        return binder.query(query, Scope())

    return _bind(context, bind)


def result_names(query: bound.BoundQuery) -> tuple[str, ...]:
    """What a client sees the columns called: `_col0`, `_col1` and so on where they have no name."""
    return tuple(
        f"_col{index}" if column.name is None else column.name
        for index, column in enumerate(query.columns)
    )


def bind_insert(statement: nodes.Insert, context: BindContext) -> bound.BoundInsert:
    """Bind INSERT: the query gives the table's visible columns, of their types."""
    return _bind(context, lambda binder: writes.bind_insert(binder, statement))


def bind_delete(statement: nodes.Delete, context: BindContext) -> bound.BoundDelete:
    return _bind(context, lambda binder: writes.bind_delete(binder, statement))


def bind_update(statement: nodes.Update, context: BindContext) -> bound.BoundUpdate:
    return _bind(context, lambda binder: writes.bind_update(binder, statement))


def bind_merge(statement: nodes.Merge, context: BindContext) -> bound.BoundMerge:
    return _bind(context, lambda binder: writes.bind_merge(binder, statement))


def bind_create_table_as(
    statement: nodes.CreateTableAs, context: BindContext
) -> bound.BoundCreateTableAs:
    """Bind CREATE TABLE … AS: its query, its columns' names and its properties' values."""
    return _bind(context, lambda binder: writes.bind_create_table_as(binder, statement))


__all__ = [
    "BindContext",
    "bind_create_table_as",
    "bind_delete",
    "bind_insert",
    "bind_merge",
    "bind_query",
    "bind_update",
    "result_names",
]
