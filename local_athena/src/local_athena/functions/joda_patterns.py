"""Joda-Time's pattern language (`yyyy-MM-dd HH:mm:ss`), and patterns' use in both directions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from local_athena.functions import joda_fields as fields
from local_athena.functions.joda_elements import (
    Bucket,
    Element,
    Fraction,
    Literal,
    Malformed,
    Name,
    Number,
    Shown,
    TwoDigitYear,
)
from local_athena.functions.joda_zones import ZoneId, ZoneName, ZoneOffset
from local_athena.sql.errors import SqlError
from local_athena.sql.instants import is_skipped, offset_seconds
from local_athena.sql.zone_names import offset_text, trino_zone

MONTHS = (
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
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ERAS = ((0, "BC", "BC"), (1, "AD", "AD"), (0, "BCE", "BCE"), (1, "CE", "CE"))
_HALVES = ((0, "AM", "AM"), (1, "PM", "PM"))
_TOKEN = re.compile(r"([A-Za-z])\1*|(?:'(?:[^']|'')*(?:'|\Z)|[^A-Za-z'])+")
_NUMBERS = {
    "d": (fields.DAY, 2),
    "D": (fields.DAY_OF_YEAR, 3),
    "e": (fields.WEEK_DAY, 1),
    "w": (fields.WEEK, 2),
    "h": (fields.CLOCK_HALF_HOUR, 2),
    "H": (fields.HOUR, 2),
    "k": (fields.CLOCK_HOUR, 2),
    "K": (fields.HALF_HOUR, 2),
    "m": (fields.MINUTE, 2),
    "s": (fields.SECOND, 2),
}
"""Letters of numbers with the most digits that are read."""
_YEARS = {"y": fields.YEAR, "Y": fields.YEAR_OF_ERA, "x": fields.WEEK_YEAR}
_MOST_YEAR_DIGITS = 9
_MOST_INSTANT = 1 << 51
"""Milliseconds of a time with zone have 52 bits."""


def invalid(message: str) -> SqlError:
    """INVALID_FUNCTION_ARGUMENT."""
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


def _named(names: tuple[str, ...]) -> tuple[tuple[int, str, str], ...]:
    return tuple((value, name, name[:3]) for value, name in enumerate(names, 1))


def month_name(*, short: bool) -> Name:
    """`February` or `Feb`."""
    return Name(fields.MONTH, _named(MONTHS), short)


def day_name(*, short: bool) -> Name:
    """`Thursday` or `Thu`."""
    return Name(fields.WEEK_DAY, _named(DAYS), short)


HALF_NAME = Name(fields.HALF, _HALVES, short=False)
"""`AM` or `PM`."""


def tokens(pattern: str) -> list[str]:
    """Runs of one letter, and what stands between them with its quotes."""
    return [match[0] for match in _TOKEN.finditer(pattern)]


@lru_cache(maxsize=512)
def joda_elements(pattern: str) -> tuple[Element, ...]:
    """The elements of a pattern.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT for what is no pattern.
    """
    if not pattern:
        raise invalid("Invalid pattern specification: Pattern is null or empty")
    parts = tokens(pattern)
    following = [*parts[1:], ""]
    elements = [
        element
        for token, after in zip(parts, following, strict=True)
        if (element := _element(token, _is_number(after))) is not None
    ]
    return checked_elements(elements)


def checked_elements(elements: list[Element]) -> tuple[Element, ...]:
    """Elements of a pattern that says something.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT, there are none.
    """
    if not elements:
        raise invalid("Both printing and parsing not supported")
    return tuple(elements)


def _is_number(token: str) -> bool:
    letter = token[:1]
    return letter in {*"cCxyYdhHmsSeDFwWkK"} or (letter == "M" and len(token) <= 2)


def _element(token: str, number_follows: bool) -> Element | None:
    letter, width = token[0], len(token)
    if letter in _NUMBERS:
        field, most = _NUMBERS[letter]
        return Number(field, width, most)
    if letter in _YEARS:
        return _year(letter, width, number_follows)
    if letter == "M":
        return month_name(short=width == 3) if width > 2 else Number(fields.MONTH, width, 2)
    if letter == "E":
        return day_name(short=width < 4)
    if letter == "a":
        return HALF_NAME
    if letter == "G":
        return Name(fields.ERA, _ERAS, short=False)
    if letter == "C":
        return Number(fields.CENTURY, width, width, signed=True)
    if letter == "S":
        return Fraction(width, width)
    if letter == "z":
        return ZoneName(long=width > 3)
    if letter == "Z":
        return ZoneOffset(colon=width == 2) if width < 3 else ZoneId()
    if letter.isascii() and letter.isalpha():
        raise invalid(f"Illegal pattern component: {token}")
    text = literal_text(token)
    return Literal(text) if text else None


def literal_text(token: str) -> str:
    """A text between letters without its quotes: two of them are one, a single one is none."""
    return re.sub("'('?)", r"\1", token)


def _year(letter: str, width: int, number_follows: bool) -> Element:
    if width == 2:
        field = fields.WEEK_YEAR if letter == "x" else fields.YEAR
        pivot = datetime.now(UTC).year - 30
        return TwoDigitYear(field, pivot, lenient=not number_follows)
    most = width if number_follows else _MOST_YEAR_DIGITS
    return Number(_YEARS[letter], width, most, signed=letter != "Y")


# ---------------------------------------------------------------- both directions


def shown_text(elements: tuple[Element, ...], shown: Shown) -> str:
    """A moment in the form of a pattern."""
    return "".join(element.show(shown) for element in elements)


def read_moment(elements: tuple[Element, ...], text: str) -> tuple[int, str]:
    """(milliseconds since 1970 in UTC, zone) of a text in the form of a pattern.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT for another text, and for a time that the zone's clocks
            leave out; NOT_SUPPORTED for a zone that Trino lacks.
    """
    bucket = Bucket()
    try:
        wall = _read_wall(elements, text, bucket)
    except Malformed as error:
        raise invalid(_malformed(text, error.position)) from None
    except ValueError as error:
        raise invalid(str(error)) from None
    if bucket.offset is not None:
        return wall - bucket.offset, _zone(_offset_name(bucket.offset))
    zone = _zone(bucket.zone or "UTC")
    seconds = wall // 1000
    if is_skipped(seconds * 10**12, zone):
        message = f"Illegal instant due to time zone offset transition ({zone})"
        raise invalid(f'Cannot parse "{text}": {message}')
    return wall - offset_seconds(zone, seconds) * 1000, zone


def _read_wall(elements: tuple[Element, ...], text: str, bucket: Bucket) -> int:
    position = 0
    for element in elements:
        position = element.read(text, position, bucket)
    if position < len(text):
        raise Malformed(position)
    try:
        return fields.moment_of(bucket.fields)
    except ValueError as error:
        raise ValueError(f'Cannot parse "{text}": {error}') from None


def _malformed(text: str, position: int) -> str:
    most = position + 32
    sample = text if len(text) <= most + 3 else text[:most] + "..."
    message = f'Invalid format: "{sample}"'
    if position <= 0:
        return message
    if position >= len(text):
        return f"{message} is too short"
    return f'{message} is malformed at "{sample[position:]}"'


def _offset_name(milliseconds: int) -> str:
    """`+05:30`, with seconds and their fraction where there are any."""
    seconds, fraction = divmod(abs(milliseconds), 1000)
    minutes, second = divmod(seconds, 60)
    if not milliseconds:
        return "UTC"
    name = offset_text(-minutes if milliseconds < 0 else minutes)
    if milliseconds < 0 and not minutes:
        name = "-" + name[1:]
    name += f":{second:02}" if second or fraction else ""
    return name + (f".{fraction:03}" if fraction else "")


def _zone(name: str) -> str:
    found = trino_zone(name)
    if found is None:
        raise SqlError("NOT_SUPPORTED", f"Time zone not supported: {name}")
    return found


def checked_instant(milliseconds: int) -> int:
    """An instant that a time with zone can hold.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT.
    """
    if not -_MOST_INSTANT <= milliseconds < _MOST_INSTANT:
        raise invalid(f"Millis overflow: {milliseconds}")
    return milliseconds
