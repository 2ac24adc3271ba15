"""Intervals times and by numbers, as Java computes them.

A product or quotient of a double becomes a whole number as by Java's cast: cut, the nearest that 64
bits hold, 0 for what is no number. A product of whole numbers keeps its lowest 64 bits. Months have
32 bits and fail beyond.
"""

from __future__ import annotations

from local_athena.functions.text import fail, let
from local_athena.sql.bound import Call
from local_athena.sql.representation import duckdb_type
from local_athena.sql.types import Type

_MOST, _LEAST = (1 << 63) - 1, -(1 << 63)
_LIMIT = "9223372036854775808"


def multiplied(call: Call, a: str, b: str) -> str:
    """An interval times a number, in either order."""
    target = duckdb_type(call.type)
    kinds = [argument.type.base for argument in call.arguments]
    if "double" not in kinds:
        if call.type.base == "interval year to month":
            return f"CAST(({a} * {b}) AS {target})"
        return _lowest_bits(f"(CAST({a} AS HUGEINT) * {b})")
    number, interval = (a, b) if kinds[0] == "double" else (b, a)

    def product(n: str, interval: str) -> str:
        whole = _whole(f"(CAST({interval} AS DOUBLE) * {n})")
        message = "'Cannot multiply by double NaN'"
        wrong = fail("INVALID_FUNCTION_ARGUMENT", message)
        return (
            f"(CASE WHEN {interval} IS NULL THEN NULL WHEN isnan({n}) THEN {wrong} "
            f"ELSE CAST({whole} AS {target}) END)"
        )

    return let([number, interval], product)


def divided(a: str, b: str, type_: Type) -> str:
    """An interval by a double."""

    def quotient(n: str, interval: str) -> str:
        whole = _whole(f"(CAST({interval} AS DOUBLE) / {n})")
        shown = f"(CASE WHEN isnan({n}) THEN 'NaN' ELSE CAST({n} AS VARCHAR) END)"
        wrong = fail("INVALID_FUNCTION_ARGUMENT", f"'Cannot divide by double ' || {shown}")
        return (
            f"(CASE WHEN {interval} IS NULL THEN NULL WHEN isnan({n}) OR {n} = 0 THEN {wrong} "
            f"ELSE CAST({whole} AS {duckdb_type(type_)}) END)"
        )

    return let([b, a], quotient)


def _whole(value: str) -> str:
    """Java's (long) of a double."""
    return let(
        [value],
        lambda v: (
            f"(CASE WHEN isnan({v}) THEN 0 WHEN {v} >= {float(_MOST)} THEN {_MOST} "
            f"WHEN {v} < {float(_LEAST)} THEN CAST('{_LEAST}' AS BIGINT) "
            f"ELSE CAST(trunc({v}) AS BIGINT) END)"
        ),
    )


def _lowest_bits(value: str) -> str:
    """The 64 bits that Java's product has left of a HUGEINT."""
    size = "18446744073709551616"
    return f"CAST((({value} + {_LIMIT}) % {size} + {size}) % {size} - {_LIMIT} AS BIGINT)"
