"""Arithmetic by unit: date_add, date_diff, date_trunc.

Measured on DuckDB 1.5.5: date + interval and date_trunc(date) give TIMESTAMP; `date_sub` is Trino's
date_diff (`date_diff` counts boundaries); date_trunc of a TIME is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from local_athena.functions import times_zoned, zones
from local_athena.functions.cast_time import micro, rounded, rounded_time
from local_athena.functions.registry import ScalarWriter
from local_athena.functions.text import constant_text, fail, fail_unless_null, let, text
from local_athena.sql.bound import Call
from local_athena.sql.representation import duckdb_type, precision_of
from local_athena.sql.types import Type

_DATE_UNITS = ("day", "week", "month", "quarter", "year")
_TIME_UNITS = ("millisecond", "second", "minute", "hour")
_MICROSECONDS = {
    "millisecond": 1_000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 604_800_000_000,
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_TZ = "timestamp with time zone"
_UnitWriter = Callable[[str, Call, Sequence[str]], str]


def _by_unit(write_for: _UnitWriter, argument: int) -> ScalarWriter:
    """A function whose first argument is a unit; the type of `argument` says which it may be.

    A unit that is not constant is chosen row by row.
    """

    def write(call: Call, arguments: Sequence[str]) -> str:
        kind = call.arguments[argument].type.base.removesuffix(" with time zone")
        allowed = {"date": _DATE_UNITS, "time": _TIME_UNITS}.get(kind, _DATE_UNITS + _TIME_UNITS)
        result = duckdb_type(call.type)

        def wrong(unit: str) -> str:
            ending = text(f"' is not a valid {kind.upper()} field")
            message = f"'''' || {unit} || {ending}"
            return fail_unless_null(arguments, "INVALID_FUNCTION_ARGUMENT", message, result)

        unit = constant_text(call.arguments[0])
        if unit is not None:
            unit = unit.lower()
            if unit not in allowed:
                return wrong(text(unit))
            return write_for(unit, call, arguments)

        def choose(name: str) -> str:
            whens = "".join(
                f" WHEN {text(each)} THEN {write_for(each, call, arguments)}" for each in allowed
            )
            return f"(CASE {name}{whens} ELSE {wrong(name)} END)"

        return let([f"lower({arguments[0]})"], choose)

    return write


def _with_micro(value: str, type_: Type, change: Callable[[str], str], fine: str | None) -> str:
    """Change the microseconds of a timestamp(p > 6); `fine` replaces its picoseconds."""
    if precision_of(type_) <= 6:
        return change(value)
    rest = fine or "struct_extract({v}, 'ps')"
    return let(
        [value],
        lambda v: (
            f"(CASE WHEN {v} IS NOT NULL THEN {{'us': {change(f'''struct_extract({v}, 'us')''')}, "
            f"'ps': CAST({rest.format(v=v)} AS INTEGER)}} END)"
        ),
    )


_SMALL = 100_000
"""Steps that leave no timestamp's range unless it lay at the end."""
_MOST_STEPS = {unit: 2**63 // size for unit, size in _MICROSECONDS.items()} | {
    unit: 292_000 * 12 // months for unit, months in _MONTHS.items()
}
_MOST_INSTANT_US = 2**51 * 1000
"""A time with zone has 52 bits of milliseconds."""


def _date_add(unit: str, call: Call, arguments: Sequence[str]) -> str:
    """Of timestamps, steps have 32 bits and what they lead to is checked."""
    type_ = call.arguments[2].type
    amount = getattr(call.arguments[1], "value", None)
    size = _MONTHS.get(unit, 1)
    checked = type_.base.startswith("timestamp")
    if not checked or (isinstance(amount, int) and abs(amount) * size <= _SMALL):
        return _added(unit, call, arguments)

    def body(n: str, value: str) -> str:
        made = _added(unit, call, [arguments[0], n, value])
        integer = fail("INVALID_FUNCTION_ARGUMENT", "'integer overflow'")
        long = fail("INVALID_FUNCTION_ARGUMENT", "'long overflow'")
        if type_.base == _TZ:
            made = _within_instants(made)
        return (
            f"(CASE WHEN {value} IS NULL THEN NULL WHEN {n} NOT BETWEEN {-(2**31)} AND {2**31 - 1} "
            f"THEN {integer} WHEN abs({n}) > {_MOST_STEPS[unit]} THEN {long} ELSE {made} END)"
        )

    return let([arguments[1], arguments[2]], body)


def _within_instants(made: str) -> str:
    """A time with zone, unless it is past what it can hold."""

    def body(m: str) -> str:
        us = f"epoch_us({zones.instant(m)})"
        message = f"'Millis overflow: ' || ({us} // 1000)"
        beyond = fail("INVALID_FUNCTION_ARGUMENT", message)
        return f"(CASE WHEN abs({us}) > {_MOST_INSTANT_US} THEN {beyond} ELSE {m} END)"

    return let([made], body)


def _added(unit: str, call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[2].type
    amount, value = arguments[1], arguments[2]
    if unit in _MONTHS:
        step = f"to_months(CAST({amount} * {_MONTHS[unit]} AS INTEGER))"
    else:
        step = f"to_microseconds({amount} * {_MICROSECONDS[unit]})"
    if type_.base == "date":
        if unit in ("day", "week"):
            days = amount if unit == "day" else f"({amount} * 7)"
            return f"({value} + CAST({days} AS INTEGER))"
        return f"CAST({value} + {step} AS DATE)"
    if type_.base == _TZ:
        return _zoned_add(value, type_, unit, amount, step)
    if type_.base.startswith("time") and not type_.base.startswith("timestamp"):
        size = _MICROSECONDS[unit]
        amount = f"({amount} % {_MICROSECONDS['day'] // size})"  # (a clock goes round)
        step = f"to_microseconds({amount} * {size})"
    if type_.base == "time with time zone":
        moved = times_zoned.moved(value, f"({amount} * {_MICROSECONDS[unit] // 1000})")
        return times_zoned.rounded_value(moved, precision_of(type_))
    if unit == "millisecond" and precision_of(type_) < 3:
        shorten = rounded_time if type_.base == "time" else rounded
        return shorten(f"({value} + {step})", precision_of(type_))
    return _with_micro(value, type_, lambda v: f"({v} + {step})", None)


def _zoned_add(value: str, type_: Type, unit: str, amount: str, step: str) -> str:
    def body(v: str) -> str:
        if unit in _DATE_UNITS:
            move = step
            if unit in ("day", "week"):
                move = f"to_days(CAST({amount} * {7 if unit == 'week' else 1} AS INTEGER))"
            moment = zones.from_local(f"({zones.local_of(v)} + {move})", zones.zone(v))
        else:
            moment = f"({zones.instant(v)} + {step})"
            if unit == "millisecond":
                moment = rounded(moment, precision_of(type_))
        ps = f"struct_extract({v}, 'ps')" if precision_of(type_) > 6 else "0"
        return zones.packed(moment, zones.zone(v), type_, ps)

    return let([value], body)


def _date_diff(unit: str, call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[1].type
    first, second = arguments[1], arguments[2]
    if type_.base == _TZ:
        if unit in _DATE_UNITS and precision_of(type_) <= 3:  # (finer ones are counted in UTC)

            def local(a: str, b: str) -> str:
                other = zones.to_local(zones.instant(b), zones.zone(a))
                return f"date_sub('{unit}', {zones.local_of(a)}, {other})"

            return let([first, second], local)
        moments = (_millisecond(zones.instant(each), type_) for each in (first, second))
        return f"date_sub('{unit}', {', '.join(moments)})"
    if type_.base == "time with time zone":
        size = _MICROSECONDS[unit] * 1_000_000
        return f"(({times_zoned.at_utc(second)} - {times_zoned.at_utc(first)}) // {size})"
    if type_.base == "timestamp":
        moments = (_millisecond(micro(each, type_), type_) for each in (first, second))
        return f"date_sub('{unit}', {', '.join(moments)})"
    return f"date_sub('{unit}', {micro(first, type_)}, {micro(second, type_)})"


def _millisecond(instant: str, type_: Type) -> str:
    """An instant without what is finer: Trino counts between milliseconds there."""
    return f"date_trunc('millisecond', {instant})" if precision_of(type_) > 3 else instant


def _date_trunc(unit: str, call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[1].type
    value = arguments[1]
    if type_.base == "date":
        return f"CAST(date_trunc('{unit}', {value}) AS DATE)"
    if type_.base == "time":
        moment = f"(DATE '1970-01-01' + {micro(value, type_)})"
        made = f"CAST(date_trunc('{unit}', {moment}) AS TIME)"
        return _with_micro(value, type_, lambda v: made, "0")
    if type_.base == "time with time zone":
        return times_zoned.truncated(value, _MICROSECONDS[unit] * 1_000_000)
    if type_.base == _TZ:

        def body(v: str) -> str:
            def cut(local: str) -> str:
                floor = f"date_trunc('{unit}', {local})"
                if unit in _DATE_UNITS:
                    moment = zones.from_local(floor, zones.zone(v))
                else:
                    moment = f"({zones.instant(v)} - ({local} - {floor}))"
                return zones.packed(moment, zones.zone(v), type_, "0")

            return let([zones.local_of(v)], cut)

        return let([value], body)
    return _with_micro(value, type_, lambda v: f"date_trunc('{unit}', {v})", "0")


SCALARS: dict[str, ScalarWriter] = {
    "date_add": _by_unit(_date_add, 2),
    "date_diff": _by_unit(_date_diff, 1),
    "date_trunc": _by_unit(_date_trunc, 1),
}
