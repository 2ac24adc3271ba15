"""Arithmetic and subscripts: `$add $subtract $multiply $divide $modulus $negate $subscript`.

Measured on DuckDB 1.5.5: integers overflow with an error in every width; `7 // 0` and `7 % 0` are
NULL natively; `//` truncates as Java does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from local_athena.functions import decimals, intervals, times_zoned, zones
from local_athena.functions.text import divided, fail, let
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, precision_of
from local_athena.sql.types import Type

INTEGERS = frozenset({"tinyint", "smallint", "integer", "bigint"})
FLOATS = frozenset({"real", "double"})
INTERVALS = frozenset({"interval day to second", "interval year to month"})
_CONSTANT = re.compile(r"\(?(-?)CAST\((\d+) AS BIGINT\)\)?")


def _by_zero() -> str:
    return fail("DIVISION_BY_ZERO", "'Division by zero'")


def _types(call: Call) -> tuple[Type, ...]:
    return tuple(argument.type for argument in call.arguments)


def _unsupported(call: Call) -> SqlError:
    kinds = ", ".join(str(argument.type) for argument in call.arguments)
    return SqlError("NOT_SUPPORTED", f"operator {call.name}({kinds}) is not supported")


def _add(call: Call, arguments: Sequence[str]) -> str:
    left, right = _types(call)
    a, b = arguments
    if left.base in INTERVALS and right.base not in INTERVALS:
        return moved(b, right, a, left)
    return _plus("+", call, a, b, left, right)


def _subtract(call: Call, arguments: Sequence[str]) -> str:
    left, right = _types(call)
    a, b = arguments
    if left.base == right.base and left.base not in INTERVALS:
        difference = _difference(a, b, left)
        if difference is not None:
            return difference
    return _plus("-", call, a, b, left, right)


def _difference(a: str, b: str, type_: Type) -> str | None:
    """Milliseconds between two dates or times."""
    if type_.base == "date":
        return f"(CAST({a} - {b} AS BIGINT) * 86400000)"
    if type_.base == "timestamp":
        if precision_of(type_) > 6:
            a, b = f"struct_extract({a}, 'us')", f"struct_extract({b}, 'us')"
        return _milliseconds(f"(epoch_us({a}) - epoch_us({b}))", 1000)
    if type_.base == "timestamp with time zone":
        return _milliseconds(f"(epoch_us({zones.instant(a)}) - epoch_us({zones.instant(b)}))", 1000)
    if type_.base == "time":
        clocks = (times_zoned.clock_of_time(a, type_), times_zoned.clock_of_time(b, type_))
        return _milliseconds(f"({clocks[0]} - {clocks[1]})", 10**9)
    if type_.base == "time with time zone":
        return _milliseconds(f"({times_zoned.at_utc(a)} - {times_zoned.at_utc(b)})", 10**9)
    return None


def _milliseconds(difference: str, unit: int) -> str:
    """A difference in milliseconds, half up; `unit` of its own make one."""
    return let(
        [f"({difference} + {unit // 2})"],
        lambda d: f"(({d} - ((({d} % {unit}) + {unit}) % {unit})) // {unit})",
    )


def _plus(operator: str, call: Call, a: str, b: str, left: Type, right: Type) -> str:
    if left.base in INTEGERS or left.base in FLOATS:
        return f"({a} {operator} {b})"
    if left.base == "decimal":
        return decimals.arithmetic(operator, a, b, (left, right, call.type))
    if left.base in INTERVALS and right.base == left.base:
        return f"({a} {operator} {b})"
    if right.base in INTERVALS:
        return moved(a, left, b if operator == "+" else f"(-{b})", right)
    raise _unsupported(call)


def moved(value: str, type_: Type, amount: str, interval: Type) -> str:
    """A date or time moved by an interval: months keep the day or take the month's last."""
    by_months = interval.base == "interval year to month"
    step = f"to_months({amount})" if by_months else f"to_microseconds({amount} * 1000)"
    if type_.base == "date":
        if by_months:
            return f"CAST({value} + {step} AS DATE)"
        known = _CONSTANT.fullmatch(amount)
        if known and int(known[2]) % 86_400_000 == 0:
            return f"({value} {'-' if known[1] else '+'} {int(known[2]) // 86_400_000})"
        message = "'Cannot add hour, minutes or seconds to a date'"
        return let(
            [amount],
            lambda n: (
                f"(CASE WHEN {n} % 86400000 <> 0 THEN {fail('INVALID_FUNCTION_ARGUMENT', message)} "
                f"ELSE {value} + CAST({n} // 86400000 AS INTEGER) END)"
            ),
        )
    if type_.base == "time":
        if by_months:
            return value
        if precision_of(type_) > 6:
            return let(
                [value],
                lambda v: (
                    f"{{'us': struct_extract({v}, 'us') + {step}, 'ps': struct_extract({v}, 'ps')}}"
                ),
            )
        return f"({value} + {step})"
    if type_.base == "timestamp":
        if precision_of(type_) > 6:
            return let(
                [value],
                lambda v: (
                    f"{{'us': struct_extract({v}, 'us') + {step}, 'ps': struct_extract({v}, 'ps')}}"
                ),
            )
        return f"({value} + {step})"
    if type_.base == "timestamp with time zone":

        def body(v: str) -> str:
            if by_months:
                moment = zones.from_local(f"({zones.local_of(v)} + {step})", zones.zone(v))
            else:
                moment = f"({zones.instant(v)} + {step})"
            ps = f"struct_extract({v}, 'ps')" if precision_of(type_) > 6 else "0"
            return zones.packed(moment, zones.zone(v), type_, ps)

        return let([value], body)
    if type_.base == "time with time zone":
        return value if by_months else times_zoned.moved(value, amount)
    raise SqlError("NOT_SUPPORTED", f"{type_} + {interval} is not supported")


def _multiply(call: Call, arguments: Sequence[str]) -> str:
    left, right = _types(call)
    a, b = arguments
    if left.base == "decimal":
        return decimals.arithmetic("*", a, b, (left, right, call.type))
    if call.type.base in INTERVALS:
        return intervals.multiplied(call, a, b)
    return f"({a} * {b})"


def _divide(call: Call, arguments: Sequence[str]) -> str:
    left, right = _types(call)
    a, b = arguments
    if left.base == "decimal":
        return decimals.divide(a, b, left, right, call.type)
    if left.base in FLOATS:
        return f"CAST(({a} / {b}) AS {duckdb_type(call.type)})"
    if left.base in INTERVALS:
        target = duckdb_type(call.type)
        if right.base == "double":
            return intervals.divided(a, b, call.type)
        return divided(a, b, _by_zero(), lambda n, d: f"CAST({n} // {d} AS {target})")
    if left.base in INTEGERS:
        if _nonzero(call):
            return f"({a} // {b})"
        return divided(a, b, _by_zero(), lambda n, d: f"{n} // {d}")
    raise _unsupported(call)


def _nonzero(call: Call) -> bool:
    value = getattr(call.arguments[1], "value", None)
    return isinstance(value, int) and value not in (0, -1)


def _modulus(call: Call, arguments: Sequence[str]) -> str:
    left, right = _types(call)
    a, b = arguments
    if left.base == "decimal":
        return decimals.arithmetic("%", a, b, (left, right, call.type))
    if left.base in FLOATS:
        return f"({a} % {b})"
    if left.base in INTEGERS:
        if _nonzero(call):
            return f"({a} % {b})"
        # (by -1 because the least number has no quotient there)
        return divided(
            a, b, _by_zero(), lambda n, d: f"(CASE WHEN {d} = -1 THEN 0 * {n} ELSE {n} % {d} END)"
        )
    raise _unsupported(call)


def _negate(call: Call, arguments: Sequence[str]) -> str:
    return f"(-{arguments[0]})"


def _subscript(call: Call, arguments: Sequence[str]) -> str:
    base = call.arguments[0].type
    a, i = arguments
    if base.base == "array":
        return let([a, i], _array_item)
    if base.base == "map":
        from local_athena.functions.maps import subscript

        return subscript(call, arguments)
    if base.base == "row":
        index = getattr(call.arguments[1], "value", None)
        if isinstance(index, int):
            return f"struct_extract({a}, 'f{index - 1}')"
    raise _unsupported(call)


def _array_item(a: str, i: str) -> str:
    def raised(text: str) -> str:
        return fail("INVALID_FUNCTION_ARGUMENT", text)

    limit = "'Array subscript must be less than or equal to array length: '"
    beyond = f"{limit} || {i} || ' > ' || len({a})"
    return (
        f"(CASE WHEN {i} BETWEEN 1 AND len({a}) THEN {a}[{i}] "
        f"WHEN {i} = 0 THEN {raised(repr('SQL array indices start at 1'))} "
        f"WHEN {i} < 0 THEN {raised(f'''{'Array subscript is negative: '!r} || {i}''')} "
        f"WHEN {i} > len({a}) THEN {raised(beyond)} END)"
    )


SCALARS = {
    "$add": _add,
    "$subtract": _subtract,
    "$multiply": _multiply,
    "$divide": _divide,
    "$modulus": _modulus,
    "$negate": _negate,
    "$subscript": _subscript,
    "mod": _modulus,
}
