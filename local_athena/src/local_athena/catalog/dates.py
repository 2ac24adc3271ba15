"""Dates of partition projection: Java's patterns, intervals, and `NOW-3DAYS`.

Source: Amazon Athena user guide, "Supported types for partition projection" (read November 2026).
All instants are aware, UTC.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local_athena.errors import ProjectionError

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)

UNITS = ("YEARS", "MONTHS", "WEEKS", "DAYS", "HOURS", "MINUTES", "SECONDS", "MILLIS")
_SECONDS = {"WEEKS": 604800, "DAYS": 86400, "HOURS": 3600, "MINUTES": 60, "SECONDS": 1}
_NOW = re.compile(
    r"\s*NOW\s*(?:([+-])\s*([0-9]+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?\s*)?",
    re.IGNORECASE,
)
_FIELDS: dict[str, tuple[str, str, Callable[[datetime], str]]] = {
    "yyyy": ("year", r"\d{4}", lambda at: f"{at.year:04d}"),
    "uuuu": ("year", r"\d{4}", lambda at: f"{at.year:04d}"),
    "yy": ("short_year", r"\d{2}", lambda at: f"{at.year % 100:02d}"),
    "MM": ("month", r"\d{2}", lambda at: f"{at.month:02d}"),
    "M": ("month", r"\d{1,2}", lambda at: str(at.month)),
    "dd": ("day", r"\d{2}", lambda at: f"{at.day:02d}"),
    "d": ("day", r"\d{1,2}", lambda at: str(at.day)),
    "HH": ("hour", r"\d{2}", lambda at: f"{at.hour:02d}"),
    "H": ("hour", r"\d{1,2}", lambda at: str(at.hour)),
    "mm": ("minute", r"\d{2}", lambda at: f"{at.minute:02d}"),
    "m": ("minute", r"\d{1,2}", lambda at: str(at.minute)),
    "ss": ("second", r"\d{2}", lambda at: f"{at.second:02d}"),
    "s": ("second", r"\d{1,2}", lambda at: str(at.second)),
    "SSS": ("millisecond", r"\d{3}", lambda at: f"{at.microsecond // 1000:03d}"),
}
_ORDER = ("year", "month", "day", "hour", "minute", "second", "millisecond")
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


@dataclass(frozen=True)
class DateFormat:
    """A Java pattern such as `yyyy-MM-dd/HH`; `sorts` says that texts sort as instants do."""

    pattern: str
    fields: tuple[str, ...]
    regex: re.Pattern[str]
    writers: tuple[Callable[[datetime], str], ...]
    sorts: bool

    def write(self, at: datetime) -> str:
        """An instant as text."""
        return "".join(write(at) for write in self.writers)

    def read(self, text: str) -> datetime | None:
        """A text as an instant, None when it does not fit the pattern."""
        match = self.regex.fullmatch(text)
        if match is None:
            return None
        values = dict(zip(self.fields, map(int, match.groups()), strict=True))
        year = values.get("year", 2000 + values.get("short_year", -30))
        try:
            return datetime(
                year,
                values.get("month", 1),
                values.get("day", 1),
                values.get("hour", 0),
                values.get("minute", 0),
                values.get("second", 0),
                values.get("millisecond", 0) * 1000,
                tzinfo=UTC,
            )
        except ValueError:
            return None

    def default_unit(self) -> str | None:
        """The interval's unit when none is given: days or months, by the pattern's last field."""
        finest = max(_ORDER.index(name) for name in self.fields if name in _ORDER)
        return {"day": "DAYS", "month": "MONTHS"}.get(_ORDER[finest])


def compile_format(pattern: str) -> DateFormat:
    """A pattern ready to write and read.

    Raises:
        ProjectionError: a letter of the pattern is not supported.
    """
    fields: list[str] = []
    regex: list[str] = []
    writers: list[Callable[[datetime], str]] = []
    widths: list[bool] = []
    for match in _TOKEN.finditer(pattern):
        token = match.group()
        if token[0] == "'":
            literal = (match.group(1) or "'").replace("''", "'")
        elif token[0].isalpha():
            if token not in _FIELDS:
                raise ProjectionError(f"date format {pattern!r}: {token!r} is not supported")
            name, field_regex, write = _FIELDS[token]
            if name in fields:
                raise ProjectionError(f"date format {pattern!r} has {name} twice")
            fields.append(name)
            regex.append(f"({field_regex})")
            writers.append(write)
            widths.append(len(token) > 1)
            continue
        else:
            literal = token
        regex.append(re.escape(literal))
        writers.append(_constant(literal))
    if not fields:
        raise ProjectionError(f"date format {pattern!r} has no date in it")
    sorts = all(widths) and fields == list(_ORDER[: len(fields)])
    return DateFormat(pattern, tuple(fields), re.compile("".join(regex)), tuple(writers), sorts)


def read_bound(text: str, form: DateFormat, now: datetime) -> datetime:
    """One end of a date range: a date in the format, or NOW with an offset.

    Raises:
        ProjectionError: it is neither.
    """
    match = _NOW.fullmatch(text)
    if match is not None:
        sign, count, unit = match.groups()
        if count is None:
            return now
        return step(now, int(count) * (-1 if sign == "-" else 1), f"{unit.upper()}S")
    found = form.read(text.strip())
    if found is None:
        raise ProjectionError(
            f"date range: {text.strip()!r} is neither of the format {form.pattern!r} "
            "nor NOW with an offset"
        )
    return found


def step(start: datetime, count: int, unit: str) -> datetime:
    """`start` plus a number of units; a day that the month lacks becomes its last day."""
    if unit in ("YEARS", "MONTHS"):
        months = start.year * 12 + start.month - 1 + count * (12 if unit == "YEARS" else 1)
        year, month = divmod(months, 12)
        if not 1 <= year <= 9999:
            return LAST if count > 0 else FIRST
        day = min(start.day, calendar.monthrange(year, month + 1)[1])
        return start.replace(year=year, month=month + 1, day=day)
    try:
        if unit == "MILLIS":
            return start + timedelta(milliseconds=count)
        return start + timedelta(seconds=count * _SECONDS[unit])
    except OverflowError:
        return LAST if count > 0 else FIRST


def count_steps(start: datetime, end: datetime, interval: int, unit: str) -> int:
    """How many of start, start + interval… are not after `end`."""
    if end < start:
        return 0
    if unit in ("YEARS", "MONTHS"):
        months = (end.year - start.year) * 12 + end.month - start.month
        guess = months // (interval * (12 if unit == "YEARS" else 1))
    else:
        width = 0.001 if unit == "MILLIS" else _SECONDS[unit]
        guess = int((end - start).total_seconds() / (interval * width))
    guess = max(0, guess - 1)
    while step(start, (guess + 1) * interval, unit) <= min(end, LAST - timedelta(days=1)):
        guess += 1
    return guess + 1


def _constant(text: str) -> Callable[[datetime], str]:
    return lambda at: text
