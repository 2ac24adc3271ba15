"""Arithmetic, `||`, comparisons, logic, predicates, CASE and casts."""

from __future__ import annotations

from collections.abc import Sequence

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.literals import integer_constant
from local_athena.sql.binder.scope import Scope
from local_athena.sql.binder.values import boolean, coerce, coerce_all
from local_athena.sql.bound import (
    ArrayOf,
    Between,
    BoundExpression,
    Call,
    Case,
    Cast,
    Comparison,
    Constant,
    InList,
    IsNull,
    Like,
    Logical,
    Not,
    RowOf,
)
from local_athena.sql.coercion import (
    can_cast,
    common_of,
    common_super_type,
    has_json_keys,
    is_comparable,
    is_orderable,
)
from local_athena.sql.errors import SqlError
from local_athena.sql.operator_types import OPERATOR_NAMES, operator_types
from local_athena.sql.overloads import resolve
from local_athena.sql.type_text import type_of_name
from local_athena.sql.types import Field, Type, display


def bind_unary(binder: Binder, node: nodes.Unary, scope: Scope) -> BoundExpression:
    """`-x`, `+x`; a minus before a number is part of it."""
    operand = node.operand
    if node.operator == "-" and isinstance(operand, nodes.IntegerLiteral):
        literal = integer_constant(operand.value, operand.at)
        if -operand.value < (2**31 if literal.type == t.INTEGER else 2**63):
            return Constant(-operand.value, literal.type)
    value = binder.expression(operand, scope)
    known = value.type.base in ("interval day to second", "interval year to month")
    if node.operator == "-":
        if value.type == t.UNKNOWN:
            raise SqlError(
                "AMBIGUOUS_FUNCTION_CALL",
                "Could not choose a best candidate operator. Explicit type casts must be added.",
            )
        if not known and not _is_number(value.type):
            raise SqlError("TYPE_MISMATCH", f"Cannot negate {display(value.type)}", node.at)
        if isinstance(value, Constant) and value.type == t.DOUBLE:
            return Constant(-value.value, t.DOUBLE)
        if isinstance(operand, nodes.DecimalLiteral) and isinstance(value, Constant):
            return Constant(-value.value, value.type)
        return Call("$negate", (value,), value.type)
    if not _is_number(value.type) or value.type.base == "decimal":
        raise SqlError(
            "TYPE_MISMATCH",
            f"Unary '+' operator cannot by applied to {display(value.type)} type",
            node.at,
        )
    return value


def _is_number(type_: Type) -> bool:
    return type_.base in ("decimal", "double", "real", "tinyint", "smallint", "integer", "bigint")


def bind_binary(binder: Binder, node: nodes.Binary, scope: Scope) -> BoundExpression:
    """`+ - * / % ||`; long chains lean to the left and are bound in a loop."""
    chain: list[nodes.Binary] = [node]
    while isinstance(chain[-1].left, nodes.Binary):
        chain.append(chain[-1].left)
    value = binder.expression(chain[-1].left, scope)
    for link in reversed(chain):
        value = _binary(link, value, binder.expression(link.right, scope))
    return value


def _binary(node: nodes.Binary, left: BoundExpression, right: BoundExpression) -> BoundExpression:
    if node.operator == "||":
        chosen = resolve("concat", (left.type, right.type), node.at)
        arguments = (coerce(left, chosen.arguments[0]), coerce(right, chosen.arguments[1]))
        return Call("concat", arguments, chosen.result)
    types = operator_types(node.operator, left.type, right.type, node.at)
    arguments = (coerce(left, types.left), coerce(right, types.right))
    return Call(OPERATOR_NAMES[node.operator], arguments, types.result)


_FLIPPED = {">": "<", ">=": "<=", "<>": "="}


def bind_comparison(binder: Binder, node: nodes.Comparison, scope: Scope) -> BoundExpression:
    left = binder.expression(node.left, scope)
    right = binder.expression(node.right, scope)
    return compare(node.operator, left, right, node.at)


def compare(
    operator: str, left: BoundExpression, right: BoundExpression, at: nodes.At
) -> BoundExpression:
    """A comparison with both sides of one type.

    Raises:
        SqlError: TYPE_MISMATCH.
    """
    common = comparison_type(operator, left.type, right.type, at)
    return Comparison(operator, coerce(left, common), coerce(right, common), t.BOOLEAN)


def comparison_type(operator: str, left: Type, right: Type, at: nodes.At) -> Type:
    """The type in which two values are compared.

    Raises:
        SqlError: TYPE_MISMATCH.
    """
    common = common_super_type(left, right)
    equality = operator in ("=", "<>") or operator.startswith("is ")
    if common is not None and (is_comparable(common) if equality else is_orderable(common)):
        return common
    if operator.startswith("is "):
        message = f"Cannot check if {display(left)} is identical to {display(right)}"
    else:
        shown = _FLIPPED.get(operator, operator)
        message = f"Cannot apply operator: {display(left)} {shown} {display(right)}"
    raise SqlError("TYPE_MISMATCH", message, at)


def bind_logical(binder: Binder, node: nodes.Logical, scope: Scope) -> BoundExpression:
    operands = tuple(
        boolean(binder.expression(operand, scope), "Logical expression term", operand.at)
        for operand in node.operands
    )
    return Logical(node.operator, operands, t.BOOLEAN)


def bind_not(binder: Binder, node: nodes.Not, scope: Scope) -> BoundExpression:
    value = binder.expression(node.operand, scope)
    return Not(boolean(value, "Value of logical NOT expression", node.operand.at), t.BOOLEAN)


def negated(expression: BoundExpression, yes: bool) -> BoundExpression:
    return Not(expression, t.BOOLEAN) if yes else expression


def bind_between(binder: Binder, node: nodes.Between, scope: Scope) -> BoundExpression:
    value, low, high = (binder.expression(e, scope) for e in (node.value, node.low, node.high))
    common = common_of((value.type, low.type, high.type))
    if common is None or not is_orderable(common):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot check if {display(value.type)} is BETWEEN {display(low.type)} "
            f"and {display(high.type)}",
            node.at,
        )
    bound = Between(coerce(value, common), coerce(low, common), coerce(high, common), t.BOOLEAN)
    return negated(bound, node.negated)


def bind_in_list(binder: Binder, node: nodes.InList, scope: Scope) -> BoundExpression:
    value = binder.expression(node.value, scope)
    items = [binder.expression(item, scope) for item in node.items]
    for item, source in zip(items, node.items, strict=True):
        if common_super_type(value.type, item.type) is None:
            raise SqlError(
                "TYPE_MISMATCH",
                "IN value and list items must be the same type: "
                f"{display(value.type)}, {display(item.type)}",
                source.at,
            )
    common = common_of((value.type, *(item.type for item in items)))
    if common is None or not is_comparable(common):
        raise SqlError(
            "TYPE_MISMATCH",
            f"IN value and list items must be the same type: {display(value.type)}",
            node.at,
        )
    bound = InList(coerce(value, common), coerce_all(items, common), t.BOOLEAN)
    return negated(bound, node.negated)


def bind_like(binder: Binder, node: nodes.Like, scope: Scope) -> BoundExpression:
    value = _text(binder, node.value, scope, "Left side of LIKE expression", ("varchar", "char"))
    pattern = _text(binder, node.pattern, scope, "Pattern for LIKE expression", ("varchar",))
    escape = None
    if node.escape is not None:
        escape = _text(binder, node.escape, scope, "Escape for LIKE expression", ("varchar",))
    return negated(Like(value, pattern, escape, t.BOOLEAN), node.negated)


def _text(
    binder: Binder, node: nodes.Expression, scope: Scope, what: str, bases: Sequence[str]
) -> BoundExpression:
    value = binder.expression(node, scope)
    if value.type == t.UNKNOWN:
        return coerce(value, t.VARCHAR)
    if value.type.base not in bases:
        raise SqlError(
            "TYPE_MISMATCH",
            f"{what} must evaluate to a varchar (actual: {display(value.type)})",
            node.at,
        )
    return value


def bind_is_null(binder: Binder, node: nodes.IsNull, scope: Scope) -> BoundExpression:
    return negated(IsNull(binder.expression(node.operand, scope), t.BOOLEAN), node.negated)


def bind_case(binder: Binder, node: nodes.Case, scope: Scope) -> BoundExpression:
    operand = None if node.operand is None else binder.expression(node.operand, scope)
    conditions = [binder.expression(when.condition, scope) for when in node.whens]
    results = [binder.expression(when.result, scope) for when in node.whens]
    default = None if node.default is None else binder.expression(node.default, scope)
    if operand is None:
        conditions = [
            boolean(condition, "CASE WHEN clause", when.condition.at)
            for condition, when in zip(conditions, node.whens, strict=True)
        ]
    else:
        compared = operand.type
        for condition, when in zip(conditions, node.whens, strict=True):
            common = common_super_type(operand.type, condition.type)
            if common is None or not is_comparable(common):
                raise SqlError(
                    "TYPE_MISMATCH",
                    f"CASE operand type does not match WHEN clause operand type: "
                    f"{display(operand.type)} vs {display(condition.type)}",
                    when.condition.at,
                )
            compared = common_super_type(compared, common) or compared
        operand = coerce(operand, compared)
        conditions = list(coerce_all(conditions, compared))
    type_ = single_type([*results, *([] if default is None else [default])], "CASE", node.at)
    whens = tuple(
        (condition, coerce(result, type_))
        for condition, result in zip(conditions, results, strict=True)
    )
    return Case(operand, whens, None if default is None else coerce(default, type_), type_)


def single_type(values: Sequence[BoundExpression], what: str, at: nodes.At) -> Type:
    """The one type of all values.

    Raises:
        SqlError: TYPE_MISMATCH with Trino's words for `what` (`CASE`, `IF`, `COALESCE`, `ARRAY`).
    """
    common = t.UNKNOWN
    for value in values:
        wider = common_super_type(common, value.type)
        if wider is None:
            listed = ", ".join(dict.fromkeys(display(each.type) for each in values))
            raise SqlError(
                "TYPE_MISMATCH",
                f"{_MUST_AGREE[what]} must be the same type or coercible to a common type. "
                f"Cannot find common type between {display(common)} and {display(value.type)}, "
                f"all types (without duplicates): [{listed}]",
                at,
            )
        common = wider
    return common


_MUST_AGREE = {
    "CASE": "All CASE results",
    "IF": "Result types for IF",
    "COALESCE": "All COALESCE operands",
    "ARRAY": "All ARRAY elements",
}


def bind_array(binder: Binder, node: nodes.ArrayConstructor, scope: Scope) -> BoundExpression:
    items = [binder.expression(item, scope) for item in node.items]
    place = node.at
    type_: Type = t.UNKNOWN
    for item, source in zip(items, node.items, strict=True):
        wider = common_super_type(type_, item.type)
        if wider is None:
            place = source.at
            break
        type_ = wider
    type_ = single_type(items, "ARRAY", place)
    return ArrayOf(coerce_all(items, type_), t.array(type_))


def bind_row(binder: Binder, node: nodes.RowConstructor, scope: Scope) -> BoundExpression:
    items = tuple(binder.expression(item, scope) for item in node.items)
    return RowOf(items, t.row(*(Field(None, item.type) for item in items)))


def bind_cast(binder: Binder, node: nodes.Cast, scope: Scope) -> BoundExpression:
    """CAST and TRY_CAST."""
    try:
        type_ = type_of_name(node.type)
    except SqlError as error:
        raise SqlError(error.name, error.message, node.at) from None
    value = binder.expression(node.operand, scope)
    if type_ == t.UNKNOWN:
        raise SqlError("TYPE_MISMATCH", "UNKNOWN is not a valid type", node.at)
    if not can_cast(value.type, type_):
        raise SqlError(
            "TYPE_MISMATCH", f"Cannot cast {display(value.type)} to {display(type_)}", node.at
        )
    if isinstance(value, Constant) and value.value is None:
        return Constant(None, type_)
    if type_.base == "json" and not has_json_keys(value.type):
        raise SqlError("INVALID_CAST_ARGUMENT", f"Cannot cast {value.type} to JSON")
    if value.type.base == "json" and not has_json_keys(type_):
        raise SqlError("INVALID_CAST_ARGUMENT", f"Cannot cast JSON to {type_}")
    return Cast(value, type_, safe=node.safe)


def bind_at_time_zone(binder: Binder, node: nodes.AtTimeZone, scope: Scope) -> BoundExpression:
    """`value AT TIME ZONE zone`: Trino's at_timezone."""
    value = binder.expression(node.operand, scope)
    zone = binder.expression(node.zone, scope)
    if zone.type.base not in ("varchar", "interval day to second"):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Type of AT TIME ZONE zone must be varchar or interval: {display(zone.type)}",
            node.at,
        )
    base = value.type.base
    if base in ("timestamp", "timestamp with time zone"):
        type_ = t.timestamp_tz(t.digits_of(value.type))
    elif base in ("time", "time with time zone"):
        type_ = t.time_tz(t.digits_of(value.type))
    else:
        raise SqlError(
            "TYPE_MISMATCH",
            "Type of value must be a time or timestamp with or without time zone "
            f"(actual {display(value.type)})",
            node.operand.at,
        )
    return Call("at_timezone", (coerce(value, type_), zone), type_)
