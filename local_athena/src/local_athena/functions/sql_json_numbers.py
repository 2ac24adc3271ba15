"""Numbers of SQL/JSON paths by Trino's rules: int (integer or bigint), float, Decimal."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any

_CONTEXT = Context(prec=80)
_DIGITS = 38


class NotComputable(Exception):  # noqa: N818  (a signal to the evaluator)
    """Division by zero, or out of the type's range."""


def is_number(item: Any) -> bool:
    """Whether an item is a number (a boolean is none)."""
    return isinstance(item, int | float | Decimal) and not isinstance(item, bool)


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """`+ - * / %` of two numbers, in the wider type of both.

    Raises:
        NotComputable.
    """
    if isinstance(left, float) or isinstance(right, float):
        return _of_doubles(operator, float(left), float(right))
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return _of_decimals(operator, Decimal(left), Decimal(right))
    return _of_integers(operator, left, right)


def _of_doubles(operator: str, left: float, right: float) -> float:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "%":
        return math.fmod(left, right) if right and math.isfinite(left) else math.nan
    if right:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)


def _of_integers(operator: str, left: int, right: int) -> int:
    if operator in "/%" and right == 0:
        raise NotComputable("Division by zero")
    quotient = 0 if operator not in "/%" else abs(left) // abs(right)
    quotient = quotient if (left < 0) == (right < 0) else -quotient
    made = {
        "+": left + right,
        "-": left - right,
        "*": left * right,
        "/": quotient,
        "%": left - quotient * right,
    }[operator]
    bits = 31 if all(-(2**31) <= n < 2**31 for n in (left, right)) else 63
    if not -(2**bits) <= made < 2**bits:
        raise NotComputable(f"{'integer' if bits == 31 else 'bigint'} overflow")
    return made


def _of_decimals(operator: str, left: Decimal, right: Decimal) -> Decimal:
    if operator in "/%" and right == 0:
        raise NotComputable("Division by zero")
    scale = max(scale_of(left), scale_of(right))
    if operator == "+":
        made = _CONTEXT.add(left, right)
    elif operator == "-":
        made = _CONTEXT.subtract(left, right)
    elif operator == "*":
        made, scale = _CONTEXT.multiply(left, right), scale_of(left) + scale_of(right)
    elif operator == "%":
        made = _CONTEXT.remainder(left, right)
    else:
        made = _CONTEXT.divide(left, right)
    made = made.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _CONTEXT)
    if len(made.as_tuple().digits) > _DIGITS:
        raise NotComputable("Decimal overflow")
    return made


def scale_of(value: Decimal) -> int:
    """The digits behind the point."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def negated(value: Any) -> Any:
    """The number with the other sign."""
    return _CONTEXT.minus(value) if isinstance(value, Decimal) else -value


def absolute(value: Any) -> Any:
    """The number without its sign."""
    return abs(value) if not isinstance(value, float) else math.fabs(value)


def ceiling(value: Any) -> Any:
    """The least whole number that is not smaller, of the same type."""
    if isinstance(value, float):
        return float(math.ceil(value)) if math.isfinite(value) else value
    return value.to_integral_value(ROUND_CEILING) if isinstance(value, Decimal) else value


def floor(value: Any) -> Any:
    """The greatest whole number that is not greater, of the same type."""
    if isinstance(value, float):
        return float(math.floor(value)) if math.isfinite(value) else value
    return value.to_integral_value(ROUND_FLOOR) if isinstance(value, Decimal) else value


def rounded(value: Any) -> int:
    """The nearest whole number, halves away from zero.

    Raises:
        NotComputable.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise NotComputable(f"Cannot cast {value} to bigint")
    return int(Decimal(value).to_integral_value(ROUND_HALF_UP))
