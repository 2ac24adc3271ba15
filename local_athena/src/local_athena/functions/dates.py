"""Dates and times: parts, arithmetic by unit, truncation, Unix time, zones.

Measured on DuckDB 1.5.5: date + interval and date_trunc(date) give TIMESTAMP; `date_sub` is Trino's
date_diff (`date_diff` counts boundaries); date_trunc of a TIME is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions import times_zoned, zones
from local_athena.functions.cast_text import date_text, timestamp_text
from local_athena.functions.cast_time import micro, normal_zone, offset_us, rounded, rounded_time
from local_athena.functions.casts import cast_text
from local_athena.functions.text import fail, fail_unless_null, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call, Cast, Constant
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, precision_of, quote_text
from local_athena.sql.types import DATE, Type

Writer = Callable[[Call, Sequence[str]], str]
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


def constant_text(expression: Any) -> str | None:
    """The value of a constant varchar, coerced or not; None otherwise."""
    while isinstance(expression, Cast):
        expression = expression.operand
    if isinstance(expression, Constant) and isinstance(expression.value, str):
        return expression.value
    return None


_UnitWriter = Callable[[str, Call, Sequence[str]], str]


def _by_unit(write_for: _UnitWriter, argument: int) -> Writer:
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


# ---------------------------------------------------------------- parts


def local_moment(value: str, type_: Type) -> str:
    """A DATE, TIME or TIMESTAMP with the clock that the value shows."""
    if type_.base == _TZ:
        return zones.local_of(value)
    if type_.base == "time with time zone":
        return f"make_timestamp({times_zoned.clock(value)} // 1000000)"
    if type_.base in ("timestamp", "time"):
        return micro(value, type_)
    return value


def _part(function: str) -> Writer:
    def write(call: Call, arguments: Sequence[str]) -> str:
        return f"CAST({function}({local_moment(arguments[0], call.arguments[0].type)}) AS BIGINT)"

    return write


def _clock_part(unit_us: int, modulus: int, function: str) -> Writer:
    """hour, minute, second, millisecond: of clocks and of day intervals."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        type_ = call.arguments[0].type
        if type_.base == "interval day to second":
            return f"({arguments[0]} // {unit_us // 1000} % {modulus})"
        moment = local_moment(arguments[0], type_)
        if type_.base == "date":
            return f"(CASE WHEN {arguments[0]} IS NOT NULL THEN CAST(0 AS BIGINT) END)"
        if function == "millisecond":
            return f"CAST(millisecond({moment}) % 1000 AS BIGINT)"
        return f"CAST({function}({moment}) AS BIGINT)"

    return write


def _day(call: Call, arguments: Sequence[str]) -> str:
    if call.arguments[0].type.base == "interval day to second":
        return f"({arguments[0]} // 86400000)"
    return _part("day")(call, arguments)


def _month(call: Call, arguments: Sequence[str]) -> str:
    if call.arguments[0].type.base == "interval year to month":
        return f"CAST({arguments[0]} % 12 AS BIGINT)"
    return _part("month")(call, arguments)


def _year(call: Call, arguments: Sequence[str]) -> str:
    if call.arguments[0].type.base == "interval year to month":
        return f"CAST({arguments[0]} // 12 AS BIGINT)"
    return _part("year")(call, arguments)


def _offset_part(operation: str) -> Writer:
    def write(call: Call, arguments: Sequence[str]) -> str:
        type_ = call.arguments[0].type
        if type_.base == "time with time zone":
            minutes = f"CAST(struct_extract({arguments[0]}, 'zone') AS BIGINT)"
        else:
            minutes = zones.offset_minutes(arguments[0])
        return f"({minutes} {operation} 60)"

    return write


def _last_day(call: Call, arguments: Sequence[str]) -> str:
    return f"last_day({local_moment(arguments[0], call.arguments[0].type)})"


def _date(call: Call, arguments: Sequence[str]) -> str:
    return cast_text(arguments[0], call.arguments[0].type, DATE)


# ---------------------------------------------------------------- Unix time and ISO 8601


def _to_unixtime(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    value = arguments[0]
    if type_.base == _TZ:
        return f"(CAST(epoch_us({zones.instant(value)}) AS DOUBLE) / 1000000)"
    if type_.base == "date":
        return f"(CAST(epoch_us(CAST({value} AS TIMESTAMP)) AS DOUBLE) / 1000000)"
    return f"(CAST(epoch_us({micro(value, type_)}) AS DOUBLE) / 1000000)"


_MOST_SECONDS = 2**51 // 1000
"""Milliseconds of a time with zone have 52 bits."""


def _java_millis(seconds: str) -> str:
    """Milliseconds as Java's long has them: the nearest one that it can hold."""
    limit = 2**63
    return (
        f"(CASE WHEN {seconds} * 1000 >= {float(limit)} THEN '{limit - 1}' "
        f"WHEN {seconds} * 1000 < {float(-limit)} THEN '{-limit}' "
        f"ELSE CAST(CAST({seconds} * 1000 AS HUGEINT) AS VARCHAR) END)"
    )


def _from_unixtime(call: Call, arguments: Sequence[str]) -> str:
    # (half up, and a NaN is 0: Java's Math.round)
    millis = let(
        [arguments[0]],
        lambda s: (
            f"(CASE WHEN isnan({s}) THEN 0 WHEN abs({s}) > {_MOST_SECONDS} THEN "
            + fail("INVALID_FUNCTION_ARGUMENT", f"'Millis overflow: ' || {_java_millis(s)}")
            + f" ELSE CAST(floor({s} * 1000 + 0.5) AS BIGINT) END)"
        ),
    )
    moment = f"make_timestamp({millis} * 1000)"
    if len(arguments) == 1:
        zone = "'UTC'"
    elif len(arguments) == 2:
        zone = call_python("unixtime_zone", _unixtime_zone, [arguments[1]], ["VARCHAR"], "VARCHAR")
    else:
        zone = call_python(
            "offset_zone", _offset_zone, list(arguments[1:]), ["BIGINT", "BIGINT"], "VARCHAR"
        )
    return let(
        [moment, zone],
        lambda m, z: f"(CASE WHEN {z} IS NOT NULL THEN {zones.packed(m, z, call.type)} END)",
    )


def _offset_zone(hours: int, minutes: int) -> str:
    total = hours * 60 + minutes
    if not -840 <= total <= 840:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Invalid offset minutes {total}")
    if total == 0:
        return "UTC"
    sign = "-" if total < 0 else "+"
    return f"{sign}{abs(total) // 60:02}:{abs(total) % 60:02}"


def _from_unixtime_nanos(call: Call, arguments: Sequence[str]) -> str:
    return let(
        [f"CAST({arguments[0]} AS HUGEINT)"],
        lambda n: (
            f"(CASE WHEN {n} IS NOT NULL THEN {{'instant': make_timestamp(CAST("
            f"({n} - (({n} % 1000) + 1000) % 1000) // 1000 AS BIGINT)), "
            f"'ps': CAST((({n} % 1000) + 1000) % 1000 * 1000 AS INTEGER), 'zone': 'UTC'}} END)"
        ),
    )


def _iso_clock(value: str, moment: str, type_: Type) -> str:
    precision = precision_of(type_)
    clock = timestamp_text(moment, precision, "T")
    if precision <= 6:
        return clock
    rest = f"lpad(CAST(struct_extract({value}, 'ps') AS VARCHAR), 6, '0')"
    return f"({clock} || left({rest}, {precision - 6}))"


def _to_iso8601(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    value = arguments[0]
    if type_.base == "date":
        return date_text(value)
    if type_.base == "timestamp":
        return let([value], lambda v: _iso_clock(v, micro(v, type_), type_))

    def body(v: str) -> str:
        clock = _iso_clock(v, zones.local_of(v), type_)
        seconds = f"((epoch_us({zones.local_of(v)}) - epoch_us({zones.instant(v)})) // 1000000)"
        return f"({clock} || {let([seconds], _iso_offset)})"

    return let([value], body)


def _iso_offset(seconds: str) -> str:
    """`Z` or `+05:30`; local times of old have seconds, which the form has no place for."""

    def two(number: str) -> str:
        return f"lpad(CAST({number} AS VARCHAR), 2, '0')"

    sign = f"(CASE WHEN {seconds} < 0 THEN '-' ELSE '+' END)"
    minutes = f"{sign} || {two(f'abs({seconds}) // 3600')} || ':' || " + two(
        f"abs({seconds}) // 60 % 60"
    )
    message = "'Timezone with non-zero seconds offset cannot be rendered as ISO8601: '"
    shown = f"{message} || {minutes} || ':' || {two(f'abs({seconds}) % 60')}"
    return (
        f"(CASE WHEN {seconds} = 0 THEN 'Z' WHEN {seconds} % 60 <> 0 "
        f"THEN {fail('INVALID_ARGUMENTS', shown)} ELSE {minutes} END)"
    )


# ---------------------------------------------------------------- zones


def zone_text(expression: Any, value: str, beside: str) -> str:
    """A zone given as varchar (in Trino's form; checked unless `beside` is NULL) or an interval."""
    type_ = expression.type
    if type_.base == "interval day to second":
        return call_python("interval_zone", _interval_zone, [value], ["BIGINT"], "VARCHAR")
    known = constant_text(expression)
    if known is not None:
        try:
            return quote_text(normal_zone(known))
        except ValueError:
            pass
    wanted = f"(CASE WHEN {beside} IS NOT NULL THEN {value} END)"
    return call_python("zone_name", _zone_name, [wanted], ["VARCHAR"], "VARCHAR")


def _interval_zone(milliseconds: int) -> str:
    if milliseconds % 60_000:
        message = "Invalid time zone offset interval: interval contains seconds"
        raise SqlError("INVALID_FUNCTION_ARGUMENT", message)
    return _offset_zone(0, milliseconds // 60_000)


_EMPTY_ZONE = "Zone id is an empty string"


def _zone_name(value: str) -> str:
    if not value:
        raise SqlError("GENERIC_INTERNAL_ERROR", _EMPTY_ZONE)
    try:
        return normal_zone(value)
    except ValueError:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"'{value}' is not a valid time zone") from None


def _unixtime_zone(value: str) -> str:
    if not value:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", _EMPTY_ZONE)
    try:
        return normal_zone(value)
    except ValueError:
        raise SqlError("NOT_SUPPORTED", f"Time zone not supported: {value}") from None


def _fixed_minutes(zone: str) -> int:
    """The offset of a zone today."""
    return offset_us(time.time_ns() // 1000, zone) // 60_000_000


def _at_timezone(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    value = arguments[0]
    zone = zone_text(call.arguments[1], arguments[1], value)
    if type_.base == "time with time zone":
        minutes = call_python("fixed_zone", _fixed_minutes, [zone], ["VARCHAR"], "INTEGER")
        return times_zoned.at_offset(value, minutes)
    if zones.is_known(zone) and precision_of(call.type) <= 6:
        return zones.packed(zones.instant(value), zone, call.type)
    ps = "struct_extract({v}, 'ps')"

    def body(v: str, z: str) -> str:
        return (
            f"(CASE WHEN {z} IS NOT NULL THEN "
            f"{zones.packed(zones.instant(v), z, call.type, ps.format(v=v))} END)"
        )

    return let([value, zone], body)


def _with_timezone(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    value = arguments[0]
    zone = zone_text(call.arguments[1], arguments[1], value)
    if zones.is_known(zone) and precision_of(call.type) <= 6:
        return zones.packed(zones.from_local(value, zone), zone, call.type)

    def body(v: str, z: str) -> str:
        moment = zones.from_local(micro(v, type_), z)
        ps = f"struct_extract({v}, 'ps')"
        return let([moment], lambda m: zones.packed(m, z, call.type, ps))

    return let([value, zone], body)


def _timezone(call: Call, arguments: Sequence[str]) -> str:
    value = arguments[0]
    if call.arguments[0].type.base == "time with time zone":
        return let([times_zoned.text_of(value, 0)], lambda t: f"{t}[9:]")
    return let(
        [value], lambda v: f"(CASE WHEN {zones.instant(v)} IS NOT NULL THEN {zones.zone(v)} END)"
    )


def _human_readable_seconds(value: float) -> str:
    import math

    if math.isnan(value) or math.isinf(value):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Invalid argument found: {value}")
    rest = min(math.floor(abs(value) + 0.5), (1 << 63) - 1)
    parts = []
    for name, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    if rest or not parts:
        parts.append(f"{rest} second{'' if rest == 1 else 's'}")
    return ", ".join(parts)


_DURATION = {
    "ns": 1e-6,
    "us": 1e-3,
    "ms": 1.0,
    "s": 1e3,
    "m": 60e3,
    "h": 3600e3,
    "d": 86400e3,
}


def _parse_duration(value: str) -> int:
    import re

    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*", value)
    if not found:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT", f"duration is not a valid data duration string: {value}"
        )
    if found[2] not in _DURATION:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Unknown time unit: {found[2]}")
    return int(float(found[1]) * _DURATION[found[2]] + 0.5)


def _python(name: str, function: Callable[..., Any]) -> Writer:
    def write(call: Call, arguments: Sequence[str]) -> str:
        kinds = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(name, function, arguments, kinds, duckdb_type(call.type))

    return write


SCALARS = {
    "date_add": _by_unit(_date_add, 2),
    "date_diff": _by_unit(_date_diff, 1),
    "date_trunc": _by_unit(_date_trunc, 1),
    "year": _year,
    "quarter": _part("quarter"),
    "month": _month,
    "week": _part("week"),
    "week_of_year": _part("week"),
    "day": _day,
    "day_of_month": _day,
    "day_of_week": _part("isodow"),
    "dow": _part("isodow"),
    "day_of_year": _part("dayofyear"),
    "doy": _part("dayofyear"),
    "year_of_week": _part("isoyear"),
    "yow": _part("isoyear"),
    "hour": _clock_part(3_600_000_000, 24, "hour"),
    "minute": _clock_part(60_000_000, 60, "minute"),
    "second": _clock_part(1_000_000, 60, "second"),
    "millisecond": _clock_part(1_000, 1000, "millisecond"),
    "timezone_hour": _offset_part("//"),
    "timezone_minute": _offset_part("%"),
    "last_day_of_month": _last_day,
    "date": _date,
    "to_unixtime": _to_unixtime,
    "from_unixtime": _from_unixtime,
    "from_unixtime_nanos": _from_unixtime_nanos,
    "to_iso8601": _to_iso8601,
    "at_timezone": _at_timezone,
    "with_timezone": _with_timezone,
    "timezone": _timezone,
    "current_timezone": lambda call, arguments: "'UTC'",
    "to_milliseconds": lambda call, arguments: arguments[0],
    "human_readable_seconds": _python("human_seconds", _human_readable_seconds),
    "parse_duration": _python("parse_duration", _parse_duration),
}
