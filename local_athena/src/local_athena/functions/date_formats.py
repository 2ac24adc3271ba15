"""Formats of dates: MySQL's (date_format, date_parse), Joda's (format_datetime, parse_datetime) and
ISO 8601's.

Constant formats that DuckDB's strftime can say run there; the rest, and all parsing, in Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from local_athena.functions import zones
from local_athena.functions.cast_time import normal_zone, offset_us
from local_athena.functions.dates import constant_text, local_moment
from local_athena.functions.text import fail, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import quote_text

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (clocks of any zone)
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MYSQL_NATIVE = {
    "a": "%a",
    "b": "%b",
    "c": "%-m",
    "d": "%d",
    "e": "%-d",
    "f": "%g000",
    "H": "%H",
    "h": "%I",
    "I": "%I",
    "i": "%M",
    "j": "%j",
    "k": "%-H",
    "l": "%-I",
    "M": "%B",
    "m": "%m",
    "p": "%p",
    "r": "%I:%M:%S %p",
    "S": "%S",
    "s": "%S",
    "T": "%H:%M:%S",
    "v": "%V",
    "W": "%A",
    "x": "%G",
    "Y": "%Y",
    "y": "%y",
    "%": "%%",
}
_MYSQL_REFUSED = "DUuVwX"
_JODA_NATIVE = {
    "yyyy": "%Y",
    "y": "%Y",
    "YYYY": "%Y",
    "Y": "%Y",
    "yy": "%y",
    "M": "%-m",
    "MM": "%m",
    "MMM": "%b",
    "MMMM": "%B",
    "d": "%-d",
    "dd": "%d",
    "H": "%-H",
    "HH": "%H",
    "h": "%-I",
    "hh": "%I",
    "m": "%-M",
    "mm": "%M",
    "s": "%-S",
    "ss": "%S",
    "SSS": "%g",
    "a": "%p",
    "E": "%a",
    "EE": "%a",
    "EEE": "%a",
    "EEEE": "%A",
    "D": "%-j",
    "DDD": "%j",
}


def _invalid(message: str) -> SqlError:
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


# ---------------------------------------------------------------- formatting


def _date_format(call: Call, arguments: Sequence[str]) -> str:
    moment = local_moment(arguments[0], call.arguments[0].type)
    pattern = constant_text(call.arguments[1])
    if pattern is None:
        return call_python(
            "date_format",
            _mysql_text,
            [f"epoch_us(CAST({moment} AS TIMESTAMP))", arguments[1]],
            ["BIGINT", "VARCHAR"],
            "VARCHAR",
        )
    try:
        return f"strftime({moment}, {quote_text(mysql_to_native(pattern))})"
    except SqlError as error:
        return fail(error.name, text(error.message), "VARCHAR")


def mysql_to_native(pattern: str) -> str:
    """A MySQL format as strftime's.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT for what Trino does not support.
    """
    made, index = "", 0
    while index < len(pattern):
        character = pattern[index]
        index += 1
        if character != "%":
            made += character
            continue
        if index >= len(pattern):
            raise _invalid("format string must not end with %")
        token = pattern[index]
        index += 1
        if token in _MYSQL_REFUSED:
            raise _invalid(f"%{token} not supported in date format string")
        made += _MYSQL_NATIVE.get(token, token)
    return made


def _mysql_text(moment_us: int, pattern: str) -> str:
    native = mysql_to_native(pattern)
    return _strftime(_EPOCH + timedelta(microseconds=moment_us), native)


def _strftime(moment: datetime, native: str) -> str:
    native = native.replace("%g", f"{moment.microsecond // 1000:03}")
    return moment.strftime(native)


def _format_datetime(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    zoned = type_.base == "timestamp with time zone"
    pattern = constant_text(call.arguments[1])
    value = arguments[0]
    if pattern is not None:
        try:
            tokens = joda_tokens(pattern)
        except SqlError as error:
            return fail(error.name, text(error.message), "VARCHAR")
        if not zoned and any(token[0] in "zZ" for literal, token in tokens if not literal):
            message = (
                "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type"
                " does not have TZ information"
            )
            return fail("INVALID_FUNCTION_ARGUMENT", text(message), "VARCHAR")
        if all(literal or token in _JODA_NATIVE for literal, token in tokens):
            native = "".join(
                token.replace("%", "%%") if literal else _JODA_NATIVE[token]
                for literal, token in tokens
            )
            return f"strftime({local_moment(value, type_)}, {quote_text(native)})"

    def body(v: str) -> str:
        moment = f"epoch_us(CAST({local_moment(v, type_)} AS TIMESTAMP))"
        zone = zones.zone(v) if zoned else "''"
        return call_python(
            "format_datetime",
            joda_text,
            [moment, zone, arguments[1]],
            ["BIGINT", "VARCHAR", "VARCHAR"],
            "VARCHAR",
        )

    return let([value], body)


@lru_cache(maxsize=512)
def joda_tokens(pattern: str) -> tuple[tuple[bool, str], ...]:
    """(is literal, text) of a Joda pattern."""
    tokens: list[tuple[bool, str]] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        if character == "'":
            end = index + 1
            literal = ""
            while end < len(pattern):
                if pattern[end] == "'":
                    if pattern[end + 1 : end + 2] == "'":
                        literal += "'"
                        end += 2
                        continue
                    break
                literal += pattern[end]
                end += 1
            if end == index + 1:
                literal = "'"
            tokens.append((True, literal))
            index = end + 1
        elif character.isalpha() and character.isascii():
            end = index
            while end < len(pattern) and pattern[end] == character:
                end += 1
            if character not in "GCYxweEyDMdaKhHkmsSzZ":
                raise _invalid(f"Illegal pattern component: {pattern[index:end]}")
            tokens.append((False, pattern[index:end]))
            index = end
        else:
            tokens.append((True, character))
            index += 1
    return tuple(tokens)


def joda_text(moment_us: int, zone: str, pattern: str) -> str:
    """A local time of a zone in Joda's format."""
    moment = _EPOCH + timedelta(microseconds=moment_us)
    made = ""
    for literal, token in joda_tokens(pattern):
        made += token if literal else _joda_field(moment, moment_us, zone, token)
    return made


def _joda_field(moment: datetime, moment_us: int, zone: str, token: str) -> str:
    letter, width = token[0], len(token)
    iso_year, iso_week, iso_day = moment.isocalendar()
    if letter in "yYx":
        year = iso_year if letter == "x" else moment.year
        return f"{year % 100:02}" if width == 2 else str(year).zfill(width)
    if letter == "M" and width >= 3:
        name = _MONTHS[moment.month - 1]
        return name if width > 3 else name[:3]
    if letter == "E":
        name = _DAYS[moment.weekday()]
        return name if width > 3 else name[:3]
    if letter == "a":
        return "AM" if moment.hour < 12 else "PM"
    if letter == "G":
        return "AD"
    if letter == "S":
        return f"{moment.microsecond:06}"[:width].ljust(width, "0")[:width]
    if letter in "zZ":
        return _joda_zone(moment_us, zone, letter, width)
    number = {
        "C": moment.year // 100,
        "w": iso_week,
        "e": iso_day,
        "D": moment.timetuple().tm_yday,
        "M": moment.month,
        "d": moment.day,
        "K": moment.hour % 12,
        "h": moment.hour % 12 or 12,
        "H": moment.hour,
        "k": moment.hour or 24,
        "m": moment.minute,
        "s": moment.second,
    }[letter]
    return str(number).zfill(width)


def _joda_zone(moment_us: int, zone: str, letter: str, width: int) -> str:
    if letter == "Z" and width >= 3:
        return zone
    if letter == "z":
        if not zone or zone == "UTC":
            return "Coordinated Universal Time" if width > 3 else "UTC"
        if zone[0] in "+-":
            return zone
        from zoneinfo import ZoneInfo

        local = _EPOCH + timedelta(microseconds=moment_us)
        return local.replace(tzinfo=ZoneInfo(zone)).tzname() or zone
    minutes = offset_us(moment_us, zone or "UTC") // 60_000_000
    sign = "-" if minutes < 0 else "+"
    colon = ":" if width == 2 else ""
    return f"{sign}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"


# ---------------------------------------------------------------- parsing


@dataclass(slots=True)
class _Fields:
    """What a text said, before it becomes a moment."""

    year: int = 1970
    month: int = 1
    day: int = 1
    day_of_year: int | None = None
    week: int | None = None
    week_year: int | None = None
    week_day: int | None = None
    hour: int = 0
    half: int | None = None
    twelve: int | None = None
    minute: int = 0
    second: int = 0
    micro: int = 0
    zone: str | None = None


_MYSQL_PARSE: dict[str, tuple[str, int, int]] = {
    "c": ("month", 1, 2),
    "d": ("day", 1, 2),
    "e": ("day", 1, 2),
    "H": ("hour", 1, 2),
    "k": ("hour", 1, 2),
    "h": ("twelve", 1, 2),
    "I": ("twelve", 1, 2),
    "l": ("twelve", 1, 2),
    "i": ("minute", 1, 2),
    "j": ("day_of_year", 1, 3),
    "m": ("month", 1, 2),
    "S": ("second", 1, 2),
    "s": ("second", 1, 2),
    "v": ("week", 1, 2),
    "x": ("week_year", 1, 4),
}


class _Reader:
    """Reads fields from the left of a text."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.at = 0
        self.fields = _Fields()

    def fail(self, at: int | None = None) -> SqlError:
        place = self.at if at is None else at
        if place <= 0 or place >= len(self.value):
            short = "is too short" if place >= len(self.value) > 0 else None
            tail = f" {short}" if short else ""
            return _invalid(f'Invalid format: "{self.value}"{tail}')
        return _invalid(f'Invalid format: "{self.value}" is malformed at "{self.value[place:]}"')

    def number(self, low: int, high: int, signed: bool = False) -> int:
        start = end = self.at
        if signed and end < len(self.value) and self.value[end] in "+-":
            end += 1
        first = end
        while end < len(self.value) and end - first < high and self.value[end] in "0123456789":
            end += 1
        if end - first < low:
            raise self.fail(start)
        self.at = end
        return int(self.value[start:end])

    def literal(self, expected: str) -> None:
        if self.value[self.at : self.at + len(expected)].lower() != expected.lower():
            raise self.fail()
        self.at += len(expected)

    def name(self, names: Sequence[str]) -> int:
        """The index of a full or three-letter name."""
        rest = self.value[self.at :].lower()
        for index, name in enumerate(names):
            for form in (name, name[:3]):
                if rest.startswith(form.lower()):
                    self.at += len(form)
                    return index
        raise self.fail()

    def set(self, field: str, value: int) -> None:
        limits = {
            "month": (1, 12),
            "day": (1, 31),
            "hour": (0, 23),
            "twelve": (1, 12),
            "minute": (0, 59),
            "second": (0, 59),
            "day_of_year": (1, 366),
            "week": (1, 53),
        }
        low, high = limits.get(field, (-(10**9), 10**9))
        if not low <= value <= high:
            names = {
                "month": "monthOfYear",
                "day": "dayOfMonth",
                "hour": "hourOfDay",
                "twelve": "clockhourOfHalfday",
                "minute": "minuteOfHour",
                "second": "secondOfMinute",
                "day_of_year": "dayOfYear",
            }
            raise _invalid(
                f'Cannot parse "{self.value}": Value {value} for {names.get(field, field)}'
                f" must be in the range [{low},{high}]"
            )
        setattr(self.fields, field, value)

    def fraction(self, low: int = 1) -> None:
        start = self.at
        end = start
        while end < len(self.value) and self.value[end].isdigit() and end - start < 9:
            end += 1
        if end - start < low:
            raise self.fail()
        self.fields.micro = int(self.value[start:end].ljust(6, "0")[:6]) // 1000 * 1000
        self.at = end

    def half(self) -> None:
        two = self.value[self.at : self.at + 2].upper()
        if two not in ("AM", "PM"):
            raise self.fail()
        self.fields.half = 12 if two == "PM" else 0
        self.at += 2

    def end(self) -> None:
        if self.at < len(self.value):
            raise self.fail()


def _moment(reader: _Reader) -> int:
    """Local microseconds of what was read."""
    fields = reader.fields
    hour = fields.hour
    if fields.twelve is not None:
        hour = fields.twelve % 12 + (fields.half or 0)
    elif fields.half is not None:
        hour = hour % 12 + fields.half
    try:
        if fields.day_of_year is not None:
            day = date(fields.year, 1, 1) + timedelta(days=fields.day_of_year - 1)
        elif fields.week is not None or fields.week_year is not None:
            day = date.fromisocalendar(
                fields.week_year or fields.year, fields.week or 1, fields.week_day or 1
            )
        else:
            day = date(fields.year, fields.month, fields.day)
    except ValueError as error:
        raise _invalid(f'Cannot parse "{reader.value}": {error}') from None
    seconds = hour * 3600 + fields.minute * 60 + fields.second
    return ((day - date(1970, 1, 1)).days * 86_400 + seconds) * 1_000_000 + fields.micro


def _two_digit_year(value: int) -> int:
    return 2000 + value if value < 70 else 1900 + value


def parse_mysql(value: str, pattern: str) -> int:
    """Microseconds of a text in MySQL's format.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT.
    """
    reader = _Reader(value)
    _read_mysql(reader, pattern)
    reader.end()
    return _moment(reader)


def _read_mysql(reader: _Reader, pattern: str) -> None:
    index = 0
    while index < len(pattern):
        character = pattern[index]
        index += 1
        if character != "%":
            reader.literal(character)
            continue
        if index >= len(pattern):
            raise _invalid("Invalid format string")
        mark = pattern[index]
        index += 1
        if mark in _MYSQL_PARSE:
            field, low, high = _MYSQL_PARSE[mark]
            reader.set(field, reader.number(low, high))
        elif mark == "Y":
            reader.set("year", reader.number(4, 9, signed=True))
        elif mark == "y":
            reader.set("year", _two_digit_year(reader.number(2, 2)))
        elif mark in "aW":
            reader.name(_DAYS)
        elif mark in "bM":
            reader.set("month", reader.name(_MONTHS) + 1)
        elif mark == "f":
            reader.fraction()
        elif mark == "p":
            reader.half()
        elif mark == "r":
            _read_mysql(reader, "%h:%i:%s %p")
        elif mark == "T":
            _read_mysql(reader, "%H:%i:%s")
        elif mark in _MYSQL_REFUSED:
            raise _invalid(f"%{mark} not supported in date format string")
        else:
            reader.literal(mark)


def _date_parse(call: Call, arguments: Sequence[str]) -> str:
    made = call_python("date_parse", parse_mysql, arguments, ["VARCHAR", "VARCHAR"], "BIGINT")
    return f"make_timestamp({made})"


def parse_joda(value: str, pattern: str) -> dict[str, Any]:
    """(instant, zone) of a text in Joda's format; without a zone it is UTC."""
    reader = _Reader(value)
    tokens = joda_tokens(pattern)
    for position, (literal, token) in enumerate(tokens):
        if literal:
            reader.literal(token)
            continue
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        adjacent = following is not None and not following[0] and following[1][0] not in "aEzZG"
        _read_joda(reader, token, adjacent)
    reader.end()
    local = _moment(reader)
    zone = reader.fields.zone or "UTC"
    return {"i": local - offset_us(local, zone), "z": zone}


def _read_joda(reader: _Reader, token: str, adjacent: bool) -> None:
    letter, width = token[0], len(token)
    if letter in "yYx":
        field = "week_year" if letter == "x" else "year"
        if width == 2:
            reader.set(field, _two_digit_year(reader.number(2, 2)))
        else:
            reader.set(field, reader.number(1, width if adjacent else 9, signed=True))
    elif letter == "M" and width >= 3:
        reader.set("month", reader.name(_MONTHS) + 1)
    elif letter == "E":
        reader.name(_DAYS)
    elif letter == "a":
        reader.half()
    elif letter == "G":
        reader.literal("AD")
    elif letter == "S":
        reader.fraction()
    elif letter in "zZ":
        found = re.match(r"Z|[+-]\d{2}:?\d{2}|[A-Za-z_]+(/[A-Za-z_]+)*", reader.value[reader.at :])
        if not found:
            raise reader.fail()
        try:
            reader.fields.zone = normal_zone(found[0])
        except ValueError:
            raise reader.fail() from None
        reader.at += found.end()
    else:
        field = {
            "M": "month",
            "d": "day",
            "D": "day_of_year",
            "H": "hour",
            "h": "twelve",
            "m": "minute",
            "s": "second",
            "w": "week",
            "e": "week_day",
            "K": "hour",
            "k": "hour",
        }[letter]
        most = width if adjacent else max(width, 3 if letter == "D" else 2)
        number = reader.number(1, most)
        reader.set(field, number % 24 if letter == "k" else number)


def _parse_datetime(call: Call, arguments: Sequence[str]) -> str:
    parsed = call_python(
        "parse_datetime",
        parse_joda,
        arguments,
        ["VARCHAR", "VARCHAR"],
        "STRUCT(i BIGINT, z VARCHAR)",
    )
    return let(
        [parsed],
        lambda p: zones.packed(
            f"make_timestamp(struct_extract({p}, 'i'))", f"struct_extract({p}, 'z')", call.type
        ),
    )


# ---------------------------------------------------------------- ISO 8601

_ISO_DATE = re.compile(
    r"(?P<year>[+-]?\d{4,})(-(?P<month>\d{1,2})(-(?P<day>\d{1,2}))?"
    r"|-W(?P<week>\d{1,2})(-(?P<weekday>\d))?|-(?P<ordinal>\d{3}))?"
)
_ISO_TIME = re.compile(
    r"(?P<hour>\d{1,2})(:(?P<minute>\d{1,2})(:(?P<second>\d{1,2})([.,](?P<fraction>\d+))?)?)?"
    r"(?P<zone>Z|[+-]\d{2}(:?\d{2})?)?"
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
        return _invalid(f'Invalid format: "{value}" is malformed at "{value[begin.end() :]}"')
    return _invalid(f'Invalid format: "{value}"')


def _iso_days(value: str, found: re.Match[str]) -> int:
    year = int(found["year"])
    try:
        if found["week"]:
            day = date.fromisocalendar(year, int(found["week"]), int(found["weekday"] or 1))
        elif found["ordinal"]:
            day = date(year, 1, 1) + timedelta(days=int(found["ordinal"]) - 1)
        elif year > 9999:
            return int((year - 1970) * 365.2425)
        else:
            day = date(year, int(found["month"] or 1), int(found["day"] or 1))
    except ValueError as error:
        raise _invalid(f'Cannot parse "{value}": {error}') from None
    return (day - date(1970, 1, 1)).days


def parse_iso_timestamp(value: str) -> dict[str, Any]:
    """Parts of an ISO 8601 timestamp: UTC microseconds, picoseconds, zone."""
    day_text, mark, time_text = value.partition("T")
    found = _ISO_DATE.fullmatch(day_text)
    if not found:
        raise _malformed(value, _ISO_DATE)
    days = _iso_days(value, found)
    micros, picos, zone = days * 86_400_000_000, 0, "UTC"
    if mark and time_text:
        clock = _ISO_TIME.fullmatch(time_text)
        if not clock:
            raise _invalid(f'Invalid format: "{value}" is malformed at "{time_text}"')
        hour, minute, second = (int(clock[n] or 0) for n in ("hour", "minute", "second"))
        if hour > 23 or minute > 59 or second > 59:
            raise _invalid(f'Cannot parse "{value}"')
        fraction = (clock["fraction"] or "").ljust(12, "0")[:12]
        micros += (hour * 3600 + minute * 60 + second) * 1_000_000 + int(fraction[:6])
        picos = int(fraction[6:])
        zone = normal_zone(clock["zone"] or "UTC")
    return {"i": micros - offset_us(micros, zone), "p": picos, "z": zone}


Writer = Callable[[Call, Sequence[str]], str]
SCALARS: dict[str, Writer] = {
    "date_format": _date_format,
    "date_parse": _date_parse,
    "format_datetime": _format_datetime,
    "parse_datetime": _parse_datetime,
}
