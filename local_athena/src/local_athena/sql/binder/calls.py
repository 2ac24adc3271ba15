"""Function calls: which kind a name is, overloads, lambdas, aggregates; windows are next door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.describe import describe
from local_athena.sql.binder.grouping import groups_refused_first, refuse_groups
from local_athena.sql.binder.scope import Scope, ScopeField
from local_athena.sql.binder.special_forms import SPECIAL_FORMS
from local_athena.sql.binder.values import boolean, coerce
from local_athena.sql.binder.windows import Over, bind_sort_keys, bind_window, window_faults
from local_athena.sql.bound import (
    Aggregate,
    BoundExpression,
    Call,
    Cast,
    LambdaOf,
    LambdaVariable,
    SortKey,
    WindowCall,
)
from local_athena.sql.coercion import can_coerce, is_comparable
from local_athena.sql.errors import SqlError
from local_athena.sql.overloads import Actual, LambdaArgument, Resolved, resolve
from local_athena.sql.signatures import is_aggregate, is_window, kinds_of
from local_athena.sql.types import Type, element_of
from local_athena.sql.walk import walk


def bind_call(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    """A call by name, or a special form that looks like one."""
    shown = ".".join(part.value for part in node.name.parts)
    name = shown.lower()
    special = SPECIAL_FORMS.get(name)
    if special is not None:
        return special(binder, node, scope)
    if node.distinct and node.window is None and not is_aggregate(name):
        raise SqlError(
            "FUNCTION_NOT_AGGREGATE",
            "DISTINCT is not supported for non-aggregation functions",
            node.at,
        )
    over = None if node.window is None else bind_window(binder, node.window, scope)
    condition = _filter(binder, node, scope)
    if is_aggregate(name) or is_window(name):
        return _bind_grouped(binder, node, name, scope, over, condition)
    if not kinds_of(name):
        _bind_values(binder, node, scope)
        raise SqlError("FUNCTION_NOT_FOUND", f"Function '{shown}' not registered", node.at)
    bound = bind_scalar(binder, name, node.arguments, scope, node.at, shown)
    if over is None:
        _refuse_clauses(node)
    else:
        problem = SqlError("FUNCTION_NOT_WINDOW", f"Not a window function: {shown}", node.at)
        binder.window_faults += window_faults(name, node, (), over, scope) or [problem]
    return bound


def _filter(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression | None:
    if node.filter is None:
        return None
    return boolean(binder.expression(node.filter, scope), "Filter expression", node.filter.at)


def _bind_values(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> None:
    """Find what is wrong with the arguments of a call that is wrong itself: Trino says it first."""
    for argument in node.arguments:
        if not isinstance(argument, nodes.Lambda):
            binder.expression(argument, scope)


def _refuse_clauses(node: nodes.FunctionCall) -> None:
    """A scalar function takes no clause of aggregates."""
    if node.filter is not None:
        raise SqlError(
            "FUNCTION_NOT_AGGREGATE", "Filter is only valid for aggregation functions", node.at
        )
    if node.order_by:
        raise SqlError(
            "FUNCTION_NOT_AGGREGATE", "ORDER BY is only valid for aggregation functions", node.at
        )


def bind_scalar(
    binder: Binder,
    name: str,
    arguments: Sequence[nodes.Expression],
    scope: Scope,
    at: nodes.At,
    shown: str | None = None,
) -> BoundExpression:
    """A scalar function of Trino's by its overloads."""
    bound, chosen = bind_arguments(binder, name, arguments, scope, at, shown)
    return Call(name, bound, chosen.result)


def bind_arguments(
    binder: Binder,
    name: str,
    arguments: Sequence[nodes.Expression],
    scope: Scope,
    at: nodes.At,
    shown: str | None = None,
) -> tuple[tuple[BoundExpression, ...], Resolved]:
    """The arguments coerced to the overload they choose, lambdas bound to its types."""
    bound: list[BoundExpression | None] = []
    actuals: list[Actual] = []
    for argument in arguments:
        if isinstance(argument, nodes.Lambda):
            bound.append(None)
            actuals.append(_lambda_argument(binder, argument, scope))
        else:
            value = binder.expression(argument, scope)
            bound.append(value)
            actuals.append(value.type)
    chosen = resolve(name, actuals, at, shown)
    coerced: list[BoundExpression] = []
    for source, given, type_ in zip(arguments, bound, chosen.arguments, strict=True):
        if given is not None:
            coerced.append(coerce(given, type_))
        elif isinstance(source, nodes.Lambda):
            coerced.append(_bind_lambda(binder, source, scope, type_))
    return tuple(coerced), chosen


def _lambda_scope(
    binder: Binder, node: nodes.Lambda, scope: Scope, types: Sequence[Type]
) -> tuple[Scope, tuple[LambdaVariable, ...]]:
    variables = tuple(
        LambdaVariable(binder.new_id(), name.value, type_)
        for name, type_ in zip(node.parameters, types, strict=True)
    )
    fields = [ScopeField(variable.name, variable) for variable in variables]
    return Scope(fields, scope, is_lambda=True), variables


def _lambda_argument(binder: Binder, node: nodes.Lambda, scope: Scope) -> LambdaArgument:
    def result_type(types: tuple[Type, ...]) -> Type:
        inner, _ = _lambda_scope(binder, node, scope, types)
        with groups_refused_first(node.body, "Lambda expression"):
            return binder.expression(node.body, inner).type

    return LambdaArgument(len(node.parameters), result_type, node.at)


def _bind_lambda(binder: Binder, node: nodes.Lambda, scope: Scope, type_: Type) -> LambdaOf:
    parts = [element_of(type_, index) for index in range(len(type_.arguments))]
    inner, variables = _lambda_scope(binder, node, scope, parts[:-1])
    value = binder.expression(node.body, inner)
    refuse_groups(value, node.body, "Lambda expression")
    body = coerce(value, parts[-1])
    return LambdaOf(variables, body, type_)


def bind_stray_lambda(binder: Binder, node: nodes.Lambda, scope: Scope) -> BoundExpression:
    """A lambda where no function takes one."""
    raise SqlError(
        "TYPE_MISMATCH", "Lambda expression should always be used inside a function", node.at
    )


# ---------------------------------------------------------------- aggregates


def _bind_grouped(
    binder: Binder,
    node: nodes.FunctionCall,
    name: str,
    scope: Scope,
    over: Over | None,
    condition: BoundExpression | None,
) -> BoundExpression:
    """An aggregate, over a group or over a window, or a function of windows only."""
    shown = ".".join(part.value for part in node.name.parts)
    if name == "listagg":
        _check_listagg(binder, node, scope)
    arguments, chosen = bind_arguments(binder, name, node.arguments, scope, node.at, shown)
    if over is None and not is_aggregate(name):
        raise SqlError("MISSING_OVER", f"Window function {shown} requires an OVER clause", node.at)
    if node.distinct and is_aggregate(name):
        for argument in arguments:
            if not is_comparable(argument.type):
                raise SqlError(
                    "TYPE_MISMATCH",
                    "DISTINCT can only be applied to comparable types "
                    f"(actual: {t.display(argument.type)})",
                    node.at,
                )
    order_by = bind_sort_keys(binder, node.order_by, scope)
    if over is not None:
        given = (*arguments, *(key.key for key in order_by))
        binder.window_faults += window_faults(name, node, given, over, scope)
        return WindowCall(
            name,
            arguments,
            chosen.result,
            over.partition_by,
            over.order_by,
            over.frame,
            ignore_nulls=node.null_treatment == "ignore",
            distinct=node.distinct,
            sort_by=order_by,
        )
    if node.distinct:
        order_by = _keys_among(arguments, order_by, node.at)
    inside = (*arguments, *(key.key for key in order_by), *([condition] if condition else []))
    _refuse_nesting(node, shown, inside)
    return Aggregate(name, arguments, chosen.result, node.distinct, order_by, condition)


def _check_listagg(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> None:
    value = binder.expression(node.arguments[0], scope)
    if not can_coerce(value.type, t.VARCHAR):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Expected expression of varchar, but '{describe(node.arguments[0])}' has "
            f"{t.display(value.type)} type",
            node.at,
        )


def _keys_among(
    arguments: Sequence[BoundExpression], order_by: Sequence[SortKey], at: nodes.At
) -> tuple[SortKey, ...]:
    """The keys of an aggregate with DISTINCT, which are arguments of it, coerced as those are."""
    coerced = {_uncoerced(argument): argument for argument in arguments}
    for key in order_by:
        if key.key not in coerced:
            raise SqlError(
                "EXPRESSION_NOT_IN_DISTINCT",
                "For aggregate function with DISTINCT, ORDER BY expressions must appear "
                "in arguments",
                at,
            )
    return tuple(replace(key, key=coerced[key.key]) for key in order_by)


def _uncoerced(expression: BoundExpression) -> BoundExpression:
    if isinstance(expression, Cast) and expression.implicit:
        return expression.operand
    return expression


def _refuse_nesting(
    node: nodes.FunctionCall, shown: str, inside: Sequence[BoundExpression]
) -> None:
    for expression in inside:
        for each in walk(expression):
            if isinstance(each, Aggregate):
                raise SqlError(
                    "NESTED_AGGREGATION",
                    f"Cannot nest aggregations inside aggregation '{shown}': {_inner(node)}",
                    node.at,
                )
            if isinstance(each, WindowCall):
                raise SqlError(
                    "NESTED_WINDOW",
                    f"Cannot nest window functions inside aggregation '{shown}': {_inner(node)}",
                    node.at,
                )


def _inner(node: nodes.FunctionCall) -> str:
    return "[" + ", ".join(describe(argument) for argument in node.arguments) + "]"
