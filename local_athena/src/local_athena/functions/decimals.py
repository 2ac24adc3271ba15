"""Decimal arithmetic by Trino's result types: half-up, over whole numbers, never double."""

from __future__ import annotations

import re
from decimal import Decimal

from local_athena.functions.text import divided, fail, let
from local_athena.functions.udf import call_python
from local_athena.sql.computed_types import MAX_DECIMAL
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type
from local_athena.sql.types import Type

_SAFE_DIGITS = 37
_DIGITS_OF_64_BITS = 18
_SHORT = 160
_CALL = re.compile(r"(?!DECIMAL)\b\w+\(|[\[{;]|\bSELECT\b")


def digits(type_: Type) -> tuple[int, int]:
    """(precision, scale)."""
    precision, scale = type_.arguments
    return int(str(precision)), int(str(scale))


def _wide(text: str, type_: Type, needed: int) -> str:
    """The same value in 128 bits where a result of `needed` digits asks for it: DuckDB computes
    operands of up to 18 digits in 64 bits and raises when the result is larger."""
    precision, scale = digits(type_)
    if precision > _DIGITS_OF_64_BITS or needed <= _DIGITS_OF_64_BITS:
        return text
    return f"CAST({text} AS DECIMAL({_DIGITS_OF_64_BITS + 1},{scale}))"


def _is_plain(text: str) -> bool:
    """Whether a text is a short sum or product of columns and numbers: TRY takes it, and it may be
    written twice."""
    return len(text) <= _SHORT and _CALL.search(text.replace("CAST(", "(")) is None


def unscaled(text: str, type_: Type) -> str:
    """A decimal's digits as HUGEINT: 1.50 is 150."""
    precision, scale = digits(type_)
    if scale == 0:
        return f"CAST({text} AS HUGEINT)"
    if precision + scale <= 38:
        wide = _wide(text, type_, precision + scale + 1)
        return f"CAST({wide} * CAST({10**scale} AS DECIMAL({scale + 1},0)) AS HUGEINT)"
    return f"CAST(replace(CAST({text} AS VARCHAR), '.', '') AS HUGEINT)"


def scaled(text: str, type_: Type) -> str:
    """The decimal of that many units of its last digit (HUGEINT); too many digits raise."""
    precision, scale = digits(type_)
    if scale == 0:
        return f"CAST({text} AS DECIMAL({precision},0))"
    width = min(scale + 1, 38)
    unit = f"CAST('{Decimal(1).scaleb(-scale):f}' AS DECIMAL({width},{scale}))"
    if precision - scale + scale > 38 or scale > 30:
        return _scaled_by_text(text, type_)
    return f"CAST(CAST({text} AS DECIMAL(38,0)) * {unit} AS {duckdb_type(type_)})"


def _scaled_by_text(text: str, type_: Type) -> str:
    scale = digits(type_)[1]
    return call_python(
        f"scaled_{scale}",
        lambda number: from_unscaled(int(number), MAX_DECIMAL, scale),
        [f"CAST({text} AS VARCHAR)"],
        ["VARCHAR"],
        duckdb_type(type_),
    )


def half_up(numerator: str, denominator: str) -> str:
    """numerator / denominator of HUGEINTs, rounded half away from zero; atoms only."""
    n, d = f"abs({numerator})", f"abs({denominator})"
    # (twice the rest may pass 128 bits, what is missing to the divisor does not)
    quotient = f"({n} // {d} + CAST({n} % {d} >= {d} - {n} % {d} AS INTEGER))"
    return (
        f"(CASE WHEN ({numerator} < 0) <> ({denominator} < 0) THEN -{quotient} ELSE {quotient} END)"
    )


def divide(left: str, right: str, left_type: Type, right_type: Type, type_: Type) -> str:
    """left / right by Trino's scale; 0 raises DIVISION_BY_ZERO.

    As in Trino a shift of 38 places or more is an overflow whatever the values are.
    """
    p1, s1 = digits(left_type)
    p2, s2 = digits(right_type)
    scale = digits(type_)[1]
    shift = scale + s2 - s1
    zero = fail("DIVISION_BY_ZERO", "'Division by zero'", duckdb_type(type_))
    if max(p1 + max(shift, 0), p2) <= _SAFE_DIGITS - 1 and shift >= 0:

        def quotient(a: str, b: str) -> str:
            number = unscaled(a, left_type)
            if shift:
                number = f"({number} * CAST('{10**shift}' AS HUGEINT))"
            whole = unscaled(b, right_type)
            return let([number, whole], lambda n, d: scaled(half_up(n, d), type_))

        return divided(left, right, zero, quotient)
    return call_python(
        f"divide_{s1}_{s2}_{scale}",
        _divider(type_),
        [left, right],
        [duckdb_type(left_type), duckdb_type(right_type)],
        duckdb_type(type_),
    )


def _divider(type_: Type):  # type: ignore[no-untyped-def]
    precision, scale = digits(type_)

    def run(a: Decimal, b: Decimal) -> Decimal:
        if b == 0:
            raise SqlError("DIVISION_BY_ZERO", "Division by zero")
        n1, s1 = _whole(a)
        n2, s2 = _whole(b)
        shift = scale + s2 - s1
        if abs(shift) >= MAX_DECIMAL:
            raise SqlError("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")
        if shift >= 0:
            n1 *= 10**shift
        else:
            n2 *= 10**-shift
        quotient = (2 * abs(n1) + abs(n2)) // (2 * abs(n2))
        return from_unscaled(-quotient if (n1 < 0) != (n2 < 0) else quotient, precision, scale)

    return run


def _whole(value: Decimal) -> tuple[int, int]:
    sign, figures, exponent = value.as_tuple()
    number = int("".join(map(str, figures)) or "0")
    if not isinstance(exponent, int):
        raise SqlError("GENERIC_INTERNAL_ERROR", f"not a finite decimal: {value}")
    if exponent > 0:
        number *= 10**exponent
        exponent = 0
    return (-number if sign else number), -exponent


def from_unscaled(number: int, precision: int, scale: int) -> Decimal:
    """A Decimal, or NUMERIC_VALUE_OUT_OF_RANGE beyond `precision` digits."""
    if abs(number) >= 10**precision:
        raise SqlError("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")
    sign = 1 if number < 0 else 0
    return Decimal((sign, tuple(map(int, str(abs(number)))), -scale))


def arithmetic(operator: str, left: str, right: str, types: tuple[Type, Type, Type]) -> str:
    """left operator right for + - * %."""
    left_type, right_type, type_ = types
    target = duckdb_type(type_)
    p1, s1 = digits(left_type)
    p2, s2 = digits(right_type)
    if operator in "+-*":
        if s1 + s2 <= 38:  # past 38 digits DuckDB raises, as Trino does
            native = f"CAST(({left} {operator} {right}) AS {target})"
            needed = p1 + p2 if operator == "*" else max(p1 - s1, p2 - s2) + max(s1, s2) + 1
            wide = left if p2 > _DIGITS_OF_64_BITS else _wide(left, left_type, needed)
            if wide == left:
                return native
            exact = f"CAST(({wide} {operator} {right}) AS {target})"
            # 64 bits are three times as fast and nearly always enough
            repeats = _is_plain(left) and _is_plain(right)
            return f"COALESCE(TRY({native}), {exact})" if repeats else exact
    elif max(p1 - s1, p2 - s2) + max(s1, s2) <= 38:
        zero = fail("DIVISION_BY_ZERO", "'Division by zero'", target)
        return divided(left, right, zero, lambda a, b: f"CAST(({a} % {b}) AS {target})")
    name = {"+": "plus", "-": "minus", "*": "times", "%": "modulo"}[operator]
    return call_python(
        f"decimal_{name}_{s1}_{s2}_{digits(type_)[1]}",
        _exact(operator, type_),
        [left, right],
        [duckdb_type(left_type), duckdb_type(right_type)],
        target,
    )


def _exact(operator: str, type_: Type):  # type: ignore[no-untyped-def]
    precision, scale = digits(type_)

    def run(a: Decimal, b: Decimal) -> Decimal:
        n1, s1 = _whole(a)
        n2, s2 = _whole(b)
        if operator == "*":
            return from_unscaled(n1 * n2, precision, scale)
        common = max(s1, s2)
        n1 *= 10 ** (common - s1)
        n2 *= 10 ** (common - s2)
        if operator == "%":
            if n2 == 0:
                raise SqlError("DIVISION_BY_ZERO", "Division by zero")
            rest = abs(n1) % abs(n2)
            return from_unscaled(-rest if n1 < 0 else rest, precision, scale)
        total = n1 + n2 if operator == "+" else n1 - n2
        return from_unscaled(total, precision, scale)

    return run
