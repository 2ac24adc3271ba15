"""Text as dates: MySQL's formats (date_parse) and Joda's (parse_datetime)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_athena.functions import zones
from local_athena.functions.cast_time import normal_zone, offset_us
from local_athena.functions.date_formats import (
    DAYS,
    MONTHS,
    MYSQL_REFUSED,
    invalid,
    joda_tokens,
)
from local_athena.functions.joda_fields import day_of
from local_athena.functions.text import let
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError


@dataclass(slots=True)
class _Fields:
    """What a text said, before it becomes a moment."""

    days: dict[str, int] = field(default_factory=dict)
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
            return invalid(f'Invalid format: "{self.value}"{tail}')
        return invalid(f'Invalid format: "{self.value}" is malformed at "{self.value[place:]}"')

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
            raise invalid(
                f'Cannot parse "{self.value}": Value {value} for {names.get(field, field)}'
                f" must be in the range [{low},{high}]"
            )
        if hasattr(self.fields, field):
            setattr(self.fields, field, value)
        else:
            self.fields.days[field] = value

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
        day = day_of(fields.days)
    except ValueError as error:
        raise invalid(f'Cannot parse "{reader.value}": {error}') from None
    seconds = hour * 3600 + fields.minute * 60 + fields.second
    return (day * 86_400 + seconds) * 1_000_000 + fields.micro


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
            raise invalid("Invalid format string")
        mark = pattern[index]
        index += 1
        if mark in _MYSQL_PARSE:
            field, low, high = _MYSQL_PARSE[mark]
            reader.set(field, reader.number(low, high))
        elif mark == "Y":
            # (five digits and more only where something else than a field ends them)
            digits = 4 if pattern[index : index + 1] in ("", "%") else 9
            reader.set("year", reader.number(1, digits, signed=True))
        elif mark == "y":
            reader.set("year", _two_digit_year(reader.number(2, 2)))
        elif mark in "aW":
            reader.set("week_day", reader.name(DAYS) + 1)
        elif mark in "bM":
            reader.set("month", reader.name(MONTHS) + 1)
        elif mark == "f":
            reader.fraction()
        elif mark == "p":
            reader.half()
        elif mark == "r":
            _read_mysql(reader, "%h:%i:%s %p")
        elif mark == "T":
            _read_mysql(reader, "%H:%i:%s")
        elif mark in MYSQL_REFUSED:
            raise invalid(f"%{mark} not supported in date format string")
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
        reader.set("month", reader.name(MONTHS) + 1)
    elif letter == "E":
        reader.set("week_day", reader.name(DAYS) + 1)
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


Writer = Callable[[Call, Sequence[str]], str]
SCALARS: dict[str, Writer] = {
    "date_parse": _date_parse,
    "parse_datetime": _parse_datetime,
}
