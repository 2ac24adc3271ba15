"""Dates and times in the forms of ISO 8601: from_iso8601_date, _timestamp and _timestamp_nanos."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions import zones
from local_athena.functions.cast_time import normal_zone, offset_us
from local_athena.functions.date_formats import invalid
from local_athena.functions.joda_fields import day_of
from local_athena.functions.text import let
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import precision_of

_ISO_DATE = re.compile(
    r"(?P<year>[+-]?\d{1,9})(-(?P<month>\d{1,2})(-(?P<day>\d{1,2}))?"
    r"|-W(?P<week>\d{1,2})(-(?P<weekday>\d))?|-(?P<ordinal>\d{3}))?"
)
_MOST_DAYS = 106_751_991
"""As many as microseconds in 64 bits can count."""
_ISO_TIME = re.compile(
    r"(?P<hour>\d{1,2})(:(?P<minute>\d{1,2})(:(?P<second>\d{1,2})([.,](?P<fraction>\d+))?)?)?"
    r"(?P<zone>[Zz]|[+-]\d{2}(:\d{2}(:\d{2})?|\d{2}(\d{2})?)?)?"
)


def parse_iso_date(value: str) -> int:
    """Days since 1970-01-01 of an ISO 8601 date."""
    found = _ISO_DATE.fullmatch(value)
    if not found:
        raise _malformed(value, _ISO_DATE)
    days = _iso_days(value, found)
    if not -(2**31) <= days < 2**31:
        raise SqlError("GENERIC_INTERNAL_ERROR", f"Value {days} exceeds MAX_INT for type date")
    return days


def _malformed(value: str, pattern: re.Pattern[str]) -> SqlError:
    begin = pattern.match(value)
    if begin and 0 < begin.end() < len(value):
        return invalid(f'Invalid format: "{value}" is malformed at "{value[begin.end() :]}"')
    return invalid(f'Invalid format: "{value}"')


def _iso_days(value: str, found: re.Match[str]) -> int:
    names = {"month": "month", "day": "day", "week": "week", "weekday": "week_day"}
    fields = {"week_year" if found["week"] else "year": int(found["year"])}
    for group, name in (*names.items(), ("ordinal", "day_of_year")):
        if found[group]:
            fields[name] = int(found[group])
    try:
        return day_of(fields)
    except ValueError as error:
        raise invalid(f'Cannot parse "{value}": {error}') from None


def parse_iso_timestamp(value: str) -> dict[str, Any]:
    """Parts of an ISO 8601 timestamp: UTC microseconds, picoseconds, zone."""
    day_text, mark, time_text = value.partition("T")
    found = _ISO_DATE.fullmatch(day_text)
    if not found and (day_text or not time_text):
        raise _malformed(value, _ISO_DATE)
    days = _iso_days(value, found) if found else 0
    if abs(days) > _MOST_DAYS:
        raise invalid(f"Millis overflow: {days * 86_400_000}")
    micros, picos, zone = days * 86_400_000_000, 0, "UTC"
    if mark and time_text:
        clock = _ISO_TIME.fullmatch(time_text)
        if not clock:
            raise invalid(f'Invalid format: "{value}" is malformed at "{time_text}"')
        hour, minute, second = (int(clock[n] or 0) for n in ("hour", "minute", "second"))
        if hour > 23 or minute > 59 or second > 59:
            raise invalid(f'Cannot parse "{value}"')
        fraction = (clock["fraction"] or "").ljust(12, "0")[:12]
        micros += (hour * 3600 + minute * 60 + second) * 1_000_000 + int(fraction[:6])
        picos = int(fraction[6:])
        zone = _zone(clock["zone"] or "Z")
    return {"i": micros - offset_us(micros, zone), "p": picos, "z": zone}


def _zone(name: str) -> str:
    try:
        return normal_zone(name.upper())
    except ValueError:
        raise SqlError("NOT_SUPPORTED", f"Time zone not supported: {name}") from None


_ISO_MOMENT = re.compile(
    r"[+-]?\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}(:\d{2})?)?"
)


def parse_iso_moment(value: str) -> dict[str, Any]:
    """As `parse_iso_timestamp`, of a whole date and time only."""
    if not _ISO_MOMENT.fullmatch(value):
        raise invalid(f"Text '{value}' could not be parsed at index 0")
    return parse_iso_timestamp(value)


def _from_iso8601_timestamp(call: Call, arguments: Sequence[str]) -> str:
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


def _from_iso8601_date(call: Call, arguments: Sequence[str]) -> str:
    days = call_python("iso_date", parse_iso_date, arguments, ["VARCHAR"], "INTEGER")
    return f"(DATE '1970-01-01' + {days})"


Writer = Callable[[Call, Sequence[str]], str]
SCALARS: dict[str, Writer] = {
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "from_iso8601_timestamp_nanos": _from_iso8601_timestamp,
    "from_iso8601_date": _from_iso8601_date,
}
