"""Columns, row fields, subscripts and parameters."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.describe import describe, dotted
from local_athena.sql.binder.scope import Scope
from local_athena.sql.binder.values import coerce
from local_athena.sql.bound import BoundExpression, Call, Constant, FieldOf
from local_athena.sql.coercion import can_coerce, common_super_type
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Type, display


def bind_column(binder: Binder, node: nodes.ColumnName, scope: Scope) -> BoundExpression:
    """A bare name."""
    name = node.name.value
    field = scope.find((name.lower(),), name, node.at)
    if field is None:
        raise SqlError("COLUMN_NOT_FOUND", f"Column '{name}' cannot be resolved", node.at)
    return field.value


def bind_dereference(binder: Binder, node: nodes.Dereference, scope: Scope) -> BoundExpression:
    """`t.c`, `db.t.c` or a row's field, in this order."""
    parts = dotted(node)
    shown = node.field.value
    if parts is not None:
        lowered = tuple(part.value.lower() for part in parts)
        shown = ".".join(part.value for part in parts)
        field = scope.find(lowered, shown, node.at)
        if field is not None:
            return field.value
        if not scope.has_column_prefix(lowered):
            raise SqlError("COLUMN_NOT_FOUND", f"Column '{shown}' cannot be resolved", node.at)
    base = binder.expression(node.base, scope)
    if base.type.base != "row":
        raise SqlError(
            "TYPE_MISMATCH", f"Expression {describe(node.base)} is not of type ROW", node.base.at
        )
    return row_field(base, node.field, shown, node.at)


def row_field(
    base: BoundExpression, name: nodes.Identifier, shown: str, at: nodes.At
) -> BoundExpression:
    """The field of that name of a row value.

    Raises:
        SqlError: AMBIGUOUS_NAME, INVALID_COLUMN_REFERENCE.
    """
    wanted = name.value.lower()
    found = [
        index
        for index, field in enumerate(t.fields_of(base.type))
        if field.name is not None and field.name.lower() == wanted
    ]
    if len(found) > 1:
        raise SqlError("AMBIGUOUS_NAME", f"Ambiguous row field reference: {name.value}", name.at)
    if not found:
        raise SqlError("INVALID_COLUMN_REFERENCE", f"Column reference '{shown}' is invalid", at)
    return FieldOf(base, found[0], t.fields_of(base.type)[found[0]].type)


def bind_subscript(binder: Binder, node: nodes.Subscript, scope: Scope) -> BoundExpression:
    """`array[i]`, `map[key]`, `row[1]`."""
    base = binder.expression(node.base, scope)
    index = binder.expression(node.index, scope)
    type_ = base.type
    if type_.base == "row":
        return _row_subscript(base, index, node.index.at)
    if type_.base == "array" and can_coerce(index.type, t.BIGINT):
        return _subscript(base, index, t.BIGINT, t.element_of(type_))
    if type_.base == "map":
        key, item = t.element_of(type_), t.element_of(type_, 1)
        common = common_super_type(key, index.type)
        if common is not None:
            return _subscript(coerce(base, t.map_(common, item)), index, common, item)
    if type_ == t.UNKNOWN:
        return base
    raise SqlError(
        "TYPE_MISMATCH",
        f"Cannot use {display(index.type)} for subscript of {display(type_)}",
        node.at,
    )


def _subscript(
    base: BoundExpression, index: BoundExpression, index_type: Type, type_: Type
) -> BoundExpression:
    return Call("$subscript", (base, coerce(index, index_type)), type_)


def _row_subscript(base: BoundExpression, index: BoundExpression, at: nodes.At) -> BoundExpression:
    if not isinstance(index, Constant) or index.type != t.INTEGER or index.value is None:
        raise SqlError(
            "EXPRESSION_NOT_CONSTANT", "Subscript expression on ROW requires a constant index", at
        )
    fields = t.fields_of(base.type)
    if index.value < 1:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            f"Invalid subscript index: {index.value}. ROW indices start at 1",
            at,
        )
    if index.value > len(fields):
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            f"Subscript index out of bounds: {index.value}, max value is {len(fields)}",
            at,
        )
    return FieldOf(base, index.value - 1, fields[index.value - 1].type)


def bind_parameter(binder: Binder, node: nodes.Parameter, scope: Scope) -> BoundExpression:
    """`?`: the expression given for it, bound where no column is in sight."""
    parameters = binder.context.parameters
    if node.index >= len(parameters):
        raise SqlError(
            "INVALID_PARAMETER_USAGE",
            f"Incorrect number of parameters: expected {node.index + 1} but found "
            f"{len(parameters)}",
            node.at,
        )
    given = parameters[node.index]
    if isinstance(given, nodes.Parameter):
        raise SqlError("INVALID_PARAMETER_USAGE", "No value provided for parameter", given.at)
    if isinstance(given, nodes.ColumnName):
        problem = "Constant expression cannot contain column references"
        raise SqlError("EXPRESSION_NOT_CONSTANT", problem, given.at)
    return binder.expression(given, Scope())
