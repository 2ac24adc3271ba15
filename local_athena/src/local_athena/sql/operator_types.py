"""The types of `+ - * / %`: what the operands become and what comes out.

Trino has an operator function for every pair of types; these rules are their sum. Errors are
TYPE_MISMATCH `Cannot apply operator: date + integer` at the operator's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Never

from local_athena.sql import types as t
from local_athena.sql.coercion import (
    INSTANTS,
    INTEGER_DIGITS,
    NUMERIC,
    as_base,
    common_super_type,
)
from local_athena.sql.computed_types import (
    decimal_product,
    decimal_quotient,
    decimal_remainder,
    decimal_sum,
)
from local_athena.sql.errors import SqlError
from local_athena.sql.nodes import At
from local_athena.sql.types import Type, display

OPERATOR_NAMES = {
    "+": "$add",
    "-": "$subtract",
    "*": "$multiply",
    "/": "$divide",
    "%": "$modulus",
}
_DECIMAL_RESULTS = {
    "+": decimal_sum,
    "-": decimal_sum,
    "*": decimal_product,
    "/": decimal_quotient,
    "%": decimal_remainder,
}
_NUMBERS = NUMERIC | {"unknown"}
_INTERVALS = (t.INTERVAL_DAY_TO_SECOND, t.INTERVAL_YEAR_TO_MONTH)


@dataclass(frozen=True, slots=True)
class OperatorTypes:
    """What the operands are coerced to, and the result."""

    left: Type
    right: Type
    result: Type


def operator_types(operator: str, left: Type, right: Type, at: At) -> OperatorTypes:
    """The types of `left operator right`.

    Raises:
        SqlError: TYPE_MISMATCH, or AMBIGUOUS_FUNCTION_CALL of two NULLs, of an instant less NULL.
    """
    try:
        return _operator_types(operator, left, right)
    except SqlError as error:
        raise SqlError(error.name, error.message, at) from None


@lru_cache(maxsize=4096)
def _operator_types(operator: str, left: Type, right: Type) -> OperatorTypes:
    subtracted = operator == "-" and left.base in INSTANTS and right == t.UNKNOWN
    if subtracted or (left == t.UNKNOWN and right == t.UNKNOWN):
        raise SqlError(
            "AMBIGUOUS_FUNCTION_CALL",
            "Could not choose a best candidate operator. Explicit type casts must be added.",
        )
    if left.base in _NUMBERS and right.base in _NUMBERS:
        return _numeric(operator, left, right)
    if left in _INTERVALS or right in _INTERVALS:
        return _with_interval(operator, left, right)
    if operator == "-" and right.base in INSTANTS and left.base in (*INSTANTS, "unknown"):
        common = common_super_type(left, right)
        if common is not None:
            return OperatorTypes(common, common, t.INTERVAL_DAY_TO_SECOND)
    if operator == "+" and left.base in INSTANTS and right == t.UNKNOWN:
        return _with_interval(operator, left, t.INTERVAL_DAY_TO_SECOND)
    if operator == "+" and left == t.UNKNOWN and right.base in INSTANTS:
        return _with_interval(operator, t.INTERVAL_DAY_TO_SECOND, right)
    return _refuse(operator, left, right)


def _refuse(operator: str, left: Type, right: Type) -> Never:
    raise SqlError(
        "TYPE_MISMATCH", f"Cannot apply operator: {display(left)} {operator} {display(right)}"
    )


def _numeric(operator: str, left: Type, right: Type) -> OperatorTypes:
    left, right = _known(left, right), _known(right, left)
    if left.base == "decimal" and right.base in INTEGER_DIGITS:
        right = as_base(right, "decimal") or right
    if right.base == "decimal" and left.base in INTEGER_DIGITS:
        left = as_base(left, "decimal") or left
    if left.base == right.base == "decimal":
        precision, scale = _DECIMAL_RESULTS[operator](*t.decimal_size(left), *t.decimal_size(right))
        if scale > 38:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT",
                f"DECIMAL scale must be in range [0, precision ({precision})]: {scale}",
            )
        return OperatorTypes(left, right, t.decimal(precision, scale))
    common = common_super_type(left, right)
    if common is None:
        _refuse(operator, left, right)
    return OperatorTypes(common, common, common)


def _known(type_: Type, other: Type) -> Type:
    """What NULL becomes beside the other operand: a decimal of one digit, or the other's type."""
    if type_ != t.UNKNOWN:
        return type_
    return as_base(type_, "decimal") or type_ if other.base == "decimal" else other


def _with_interval(operator: str, left: Type, right: Type) -> OperatorTypes:
    if operator in "+-":
        if left in _INTERVALS and right in (left, t.UNKNOWN):
            return OperatorTypes(left, left, left)
        if right in _INTERVALS and left == t.UNKNOWN:
            return OperatorTypes(right, right, right)
        if right in _INTERVALS and left.base in INSTANTS:
            return OperatorTypes(left, right, _moved(operator, left, right, left, right))
        if operator == "+" and left in _INTERVALS and right.base in INSTANTS:
            return OperatorTypes(left, right, _moved(operator, right, left, left, right))
    if operator == "*" and left in _INTERVALS and right.base in _NUMBERS:
        return OperatorTypes(left, _factor(right), left)
    if operator == "*" and right in _INTERVALS and left.base in _NUMBERS:
        return OperatorTypes(_factor(left), right, right)
    if operator == "/" and left in _INTERVALS and right.base in _NUMBERS:
        return OperatorTypes(left, t.DOUBLE, left)
    _refuse(operator, left, right)


def _factor(number: Type) -> Type:
    return t.BIGINT if number.base in INTEGER_DIGITS or number == t.UNKNOWN else t.DOUBLE


def _moved(operator: str, instant: Type, interval: Type, left: Type, right: Type) -> Type:
    """The type of an instant moved by an interval: milliseconds at least where clocks move."""
    if instant == t.DATE:
        return t.DATE
    if interval == t.INTERVAL_DAY_TO_SECOND:
        return Type(instant.base, (max(t.digits_of(instant), 3),))
    if instant.base in ("time", "time with time zone"):
        _refuse(operator, left, right)
    return instant
