"""Coercions written out: the casts that Trino implies, and constants that need none.

`coerce` folds a constant where the result is certain (1 as bigint, a date as timestamp), so that
whoever looks for comparable constants finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from local_athena.sql import types as t
from local_athena.sql.bound import BoundExpression, Cast, Constant
from local_athena.sql.coercion import INTEGER_DIGITS, can_coerce
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import At
from local_athena.sql.types import Type, display

PICOSECONDS_A_DAY = 86_400 * 10**12


def coerce(expression: BoundExpression, type_: Type) -> BoundExpression:
    """The expression as a value of `type_`, to which it can be coerced."""
    if expression.type == type_:
        return expression
    if isinstance(expression, Constant):
        folded = _fold(expression, type_)
        if folded is not None:
            return folded
    return Cast(expression, type_, implicit=True)


def _fold(constant: Constant, type_: Type) -> Constant | None:
    value, source, target = constant.value, constant.type.base, type_.base
    if value is None:
        return Constant(None, type_)
    if source in INTEGER_DIGITS:
        if target in INTEGER_DIGITS:
            return Constant(value, type_)
        if target == "decimal":
            return Constant(Decimal(value), type_)
        if target == "double" and abs(value) <= 2**53:
            return Constant(float(value), type_)
    elif source == "decimal":
        if target == "decimal" and t.decimal_size(type_)[1] >= t.decimal_size(constant.type)[1]:
            return Constant(value, type_)
        if target == "double":
            return Constant(float(value), type_)
    elif source == target and source in (
        "varchar",
        "timestamp",
        "time",
        "timestamp with time zone",
    ):
        return Constant(value, type_)
    elif source == "date" and target == "timestamp":
        return Constant(value * PICOSECONDS_A_DAY, type_)
    return None


def boolean(expression: BoundExpression, what: str, at: At) -> BoundExpression:
    """The expression as a condition.

    Raises:
        SqlError: TYPE_MISMATCH, `<what> must evaluate to a boolean (actual: integer)`.
    """
    if expression.type == t.BOOLEAN:
        return expression
    if expression.type == t.UNKNOWN:
        return coerce(expression, t.BOOLEAN)
    raise SqlError(
        "TYPE_MISMATCH",
        f"{what} must evaluate to a boolean (actual: {display(expression.type)})",
        at,
    )


def coerce_all(expressions: Sequence[BoundExpression], type_: Type) -> tuple[BoundExpression, ...]:
    return tuple(coerce(expression, type_) for expression in expressions)


def assign(value: BoundExpression, type_: Type) -> BoundExpression:
    """The value as a column of that type stores it: too long a text fails instead of being cut."""
    if can_coerce(value.type, type_):
        return coerce(value, type_)
    return Cast(value, type_, implicit=True, assignment=True)
