"""Parts of dates and times: year, hour, day_of_week, last_day_of_month and their like."""

from __future__ import annotations

from collections.abc import Sequence

from local_athena.functions import times_zoned, zones
from local_athena.functions.cast_time import micro
from local_athena.functions.casts import cast_text
from local_athena.functions.registry import ScalarWriter
from local_athena.sql.bound import Call
from local_athena.sql.types import DATE, Type

_TZ = "timestamp with time zone"


def local_moment(value: str, type_: Type) -> str:
    """A DATE, TIME or TIMESTAMP with the clock that the value shows."""
    if type_.base == _TZ:
        return zones.local_of(value)
    if type_.base == "time with time zone":
        return f"make_timestamp({times_zoned.clock(value)} // 1000000)"
    if type_.base in ("timestamp", "time"):
        return micro(value, type_)
    return value


def _part(function: str) -> ScalarWriter:
    def write(call: Call, arguments: Sequence[str]) -> str:
        return f"CAST({function}({local_moment(arguments[0], call.arguments[0].type)}) AS BIGINT)"

    return write


def _clock_part(unit_us: int, modulus: int, function: str) -> ScalarWriter:
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


def _offset_part(operation: str) -> ScalarWriter:
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


SCALARS: dict[str, ScalarWriter] = {
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
}
