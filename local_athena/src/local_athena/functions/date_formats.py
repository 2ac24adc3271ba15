"""Dates as text: MySQL's formats (date_format) and Joda's (format_datetime).

Constant formats that DuckDB's strftime can say run there, the rest in Python. `date_parsing` reads
the same formats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from local_athena.functions import zones
from local_athena.functions.cast_time import offset_us, rounded
from local_athena.functions.dates import constant_text, local_moment
from local_athena.functions.text import fail, let, text
from local_athena.functions.udf import call_python
from local_athena.functions.zone_names import zone_name
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import precision_of, quote_text
from local_athena.sql.types import Type

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (clocks of any zone)
MONTHS = [
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
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
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
MYSQL_REFUSED = "DUuVwX"
_JODA_NATIVE = {
    "yyyy": "%Y",
    "YYYY": "%Y",
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


def invalid(message: str) -> SqlError:
    """INVALID_FUNCTION_ARGUMENT."""
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


# ---------------------------------------------------------------- formatting


def _date_format(call: Call, arguments: Sequence[str]) -> str:
    moment = _shown_moment(arguments[0], call.arguments[0].type)
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


def _shown_moment(value: str, type_: Type) -> str:
    """The clock to show: rounded to three digits of a second, as both languages have no more."""
    moment = local_moment(value, type_)
    fine = type_.base.startswith("timestamp") and precision_of(type_) > 3
    return rounded(moment, 3) if fine else moment


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
            raise invalid("format string must not end with %")
        token = pattern[index]
        index += 1
        if token in MYSQL_REFUSED:
            raise invalid(f"%{token} not supported in date format string")
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
            return f"strftime({_shown_moment(value, type_)}, {quote_text(native)})"

    def body(v: str) -> str:
        moment = f"epoch_us(CAST({_shown_moment(v, type_)} AS TIMESTAMP))"
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
                raise invalid(f"Illegal pattern component: {pattern[index:end]}")
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
        name = MONTHS[moment.month - 1]
        return name if width > 3 else name[:3]
    if letter == "E":
        name = DAYS[moment.weekday()]
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
        return zone_name(zone, _EPOCH + timedelta(microseconds=moment_us), long=width > 3)
    minutes = offset_us(moment_us, zone or "UTC") // 60_000_000
    sign = "-" if minutes < 0 else "+"
    colon = ":" if width == 2 else ""
    return f"{sign}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"


Writer = Callable[[Call, Sequence[str]], str]
SCALARS: dict[str, Writer] = {
    "date_format": _date_format,
    "format_datetime": _format_datetime,
}
