"""Dates and times in the forms of ISO 8601: to_iso8601, from_iso8601_date and _timestamp(_nanos).

The usual forms are read by DuckDB, all others element by element in Python.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Several
from typing import Any

from local_athena.functions import joda_fields as fields
from local_athena.functions import zones
from local_athena.functions.cast_text import date_text, timestamp_text
from local_athena.functions.cast_time import micro, normal_zone, offset_us
from local_athena.functions.joda_elements import (
    Choice,
    Element,
    Fraction,
    Literal,
    Number,
    Sequence,
)
from local_athena.functions.joda_patterns import checked_instant, invalid, read_moment
from local_athena.functions.joda_zones import ZoneOffset
from local_athena.functions.registry import ScalarWriter
from local_athena.functions.text import fail, let
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.instants import read_date, read_time
from local_athena.sql.representation import precision_of, quote_text
from local_athena.sql.types import Type

_YEAR = Number(fields.YEAR, 4, 9, signed=True)
_WEEK_YEAR = Number(fields.WEEK_YEAR, 4, 9, signed=True)


def _marked(mark: str, element: Element) -> Sequence:
    return Sequence((Literal(mark), element))


def _maybe(*elements: Element) -> Choice:
    return Choice((Sequence(elements),), optional=True)


_DATE = Choice(
    (
        Sequence(
            (
                _YEAR,
                _maybe(
                    _marked("-", Number(fields.MONTH, 2, 2)),
                    _maybe(_marked("-", Number(fields.DAY, 2, 2))),
                ),
            )
        ),
        Sequence(
            (
                _WEEK_YEAR,
                _marked("-W", Number(fields.WEEK, 2, 2)),
                _maybe(_marked("-", Number(fields.WEEK_DAY, 1, 1))),
            )
        ),
        Sequence((_YEAR, _marked("-", Number(fields.DAY_OF_YEAR, 3, 3)))),
    )
)
_POINT = Choice((Literal("."), Literal(",")))


def _fraction(unit: int) -> Sequence:
    return Sequence((_POINT, Fraction(1, 9, unit)))


_SECOND = Sequence(
    (_marked(":", Number(fields.SECOND, 2, 2)), _maybe(_fraction(fields.SECOND_LENGTH)))
)
_MINUTE = Sequence(
    (
        _marked(":", Number(fields.MINUTE, 2, 2)),
        Choice((_SECOND, _fraction(fields.MINUTE_LENGTH)), optional=True),
    )
)
_TIME = Sequence(
    (
        Number(fields.HOUR, 2, 2),
        Choice((_MINUTE, _fraction(fields.HOUR_LENGTH)), optional=True),
    )
)
_OFFSET = _maybe(ZoneOffset(colon=True))
_MARK = Literal("T")
_DATE_OR_TIME = (
    Choice(
        (
            Sequence((_MARK, _TIME, _OFFSET)),
            Sequence((_DATE, _maybe(_MARK, _maybe(_TIME), _OFFSET))),
        )
    ),
)
"""Joda-Time's ISODateTimeFormat.dateTimeParser."""
_MILLISECONDS_A_DAY = 86_400_000


def parse_iso_date(value: str) -> int:
    """Days since 1970-01-01 of an ISO 8601 date."""
    days = read_moment((_DATE,), value)[0] // _MILLISECONDS_A_DAY
    if not -(2**31) <= days < 2**31:
        raise SqlError("GENERIC_INTERNAL_ERROR", f"Value {days} exceeds MAX_INT for type date")
    return days


def parse_iso_timestamp(value: str) -> dict[str, Any]:
    """Parts of an ISO 8601 timestamp: UTC microseconds, picoseconds, zone."""
    instant, zone = read_moment(_DATE_OR_TIME, value)
    return {"i": checked_instant(instant) * 1000, "p": 0, "z": zone}


_ISO_MOMENT = re.compile(
    r"(-?\d{4}|[+-]\d{5,9})(-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d{0,9})?)?)"
    r"(?:(Z|[+-]\d{2}:\d{2}(?::\d{2})?)(?:\[(.+)\])?)?",
    re.ASCII | re.IGNORECASE,
)
"""java.time's ISO_DATE_TIME: years of more than four digits have a sign."""


def parse_iso_moment(value: str) -> dict[str, Any]:
    """As `parse_iso_timestamp`, of a whole date and time only, to nanoseconds."""
    found = _ISO_MOMENT.fullmatch(value)
    days = read_date(found[1] + found[2]) if found and found[1] != "-0000" else None
    clock = read_time(found[3].removesuffix(".")) if found else None
    if found is None or days is None or clock is None:
        raise invalid(f"Text '{value}' could not be parsed at index 0")
    offset = _zone((found[4] or "Z").upper())
    micros, picos = divmod(clock[0], 10**6)
    micros += days * _MILLISECONDS_A_DAY * 1000
    zone = _zone(found[5]) if found[5] else offset
    return {"i": micros - offset_us(micros, offset), "p": picos, "z": zone}


def _zone(name: str) -> str:
    try:
        return normal_zone(name)
    except ValueError:
        raise SqlError("NOT_SUPPORTED", f"Time zone not supported: {name}") from None


_DAY = "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
_USUAL_DATE, _USUAL_MOMENT = quote_text(_DAY), quote_text(f"{_DAY}T{_CLOCK}Z?")
_TO_MILLISECONDS = len("2020-01-01T10:11:12.123")


def _from_iso8601_timestamp(call: Call, arguments: Several[str]) -> str:
    if precision_of(call.type) > 6:
        return _moment(call, arguments)

    def body(value: str) -> str:
        usual = f"CASE WHEN regexp_full_match({value}, {_USUAL_MOMENT}) THEN {value} END"
        read = f"TRY_CAST(rtrim(left({usual}, {_TO_MILLISECONDS}), 'Z') AS TIMESTAMP)"

        def chosen(moment: str) -> str:
            native = f"{{'instant': {moment}, 'zone': 'UTC'}}"
            return (
                f"(CASE WHEN {moment} IS NOT NULL THEN {native} ELSE {_moment(call, [value])} END)"
            )

        return let([read], chosen)

    return let([arguments[0]], body)


def _moment(call: Call, arguments: Several[str]) -> str:
    fine = precision_of(call.type) > 6
    parsed = call_python(
        "iso_moment" if fine else "iso_timestamp",
        parse_iso_moment if fine else parse_iso_timestamp,
        arguments,
        ["VARCHAR"],
        "STRUCT(i BIGINT, p INTEGER, z VARCHAR)",
    )
    return let(
        [parsed],
        lambda p: (
            f"(CASE WHEN {p} IS NOT NULL THEN "
            + zones.packed(
                f"make_timestamp(struct_extract({p}, 'i'))",
                f"struct_extract({p}, 'z')",
                call.type,
                f"struct_extract({p}, 'p')",
            )
            + " END)"
        ),
    )


def _from_iso8601_date(call: Call, arguments: Several[str]) -> str:
    def body(value: str) -> str:
        days = call_python("iso_date", parse_iso_date, [value], ["VARCHAR"], "INTEGER")
        usual = f"CASE WHEN regexp_full_match({value}, {_USUAL_DATE}) THEN {value} END"
        return f"COALESCE(TRY_CAST({usual} AS DATE), DATE '1970-01-01' + {days})"

    return let([arguments[0]], body)


# ---------------------------------------------------------------- writing


def _iso_clock(value: str, moment: str, type_: Type) -> str:
    precision = precision_of(type_)
    clock = timestamp_text(moment, precision, "T")
    if precision <= 6:
        return clock
    rest = f"lpad(CAST(struct_extract({value}, 'ps') AS VARCHAR), 6, '0')"
    return f"({clock} || left({rest}, {precision - 6}))"


def _to_iso8601(call: Call, arguments: Several[str]) -> str:
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


SCALARS: dict[str, ScalarWriter] = {
    "to_iso8601": _to_iso8601,
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "from_iso8601_timestamp_nanos": _from_iso8601_timestamp,
    "from_iso8601_date": _from_iso8601_date,
}
