"""Partition projection: partitions from a table's parameters and what the query allows.

Kinds: enum, integer, date, injected. Only the values that a predicate leaves are made: a range of
millions of seconds with a one-hour predicate costs an hour's values. Errors have Athena's words.
Source: Amazon Athena user guide, "Set up partition projection" (read November 2026).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

from local_athena.catalog.dates import (
    FIRST,
    UNITS,
    DateFormat,
    compile_format,
    count_steps,
    read_bound,
    step,
)
from local_athena.catalog.domain import All, Domain, Domains, Span, Values
from local_athena.catalog.model import Column, Partition, Table
from local_athena.errors import ProjectionError

MAX_PARTITIONS = 200_000
"""More than that for one query is refused with a hint to narrow it."""

_NUMBERS = ("tinyint", "smallint", "int", "integer", "bigint", "decimal", "float", "double")
_KEPT_TEXTS = 10_000
_HIVE_ESCAPED = re.compile(r'[\x00-\x1f"#%\'*/:=?\\\x7f{\[\]^]')
Key = Callable[[str], Any]


@dataclass(frozen=True)
class _Series:
    """A column's possible texts by position; `rising`: their keys never fall."""

    count: int
    text: Callable[[int], str]
    key: Key
    rising: bool
    find: Callable[[str], int | None]


def is_projected(table: Table) -> bool:
    """Whether the table's partitions are projected."""
    return table.parameters.get("projection.enabled", "").strip().lower() == "true"


def project(
    table: Table, domains: Domains, now: datetime | None = None, limit: int = MAX_PARTITIONS
) -> Iterator[Partition]:
    """The partitions that the domains allow, with values and location.

    `now` is the session's instant (aware); NOW in ranges means this.

    Raises:
        ProjectionError: wrong parameters, an injected column without values, or more than `limit`.
    """
    names = [column.name for column in table.partition_keys]
    columns = [
        _allowed(table, column, domains.get(column.name, All()), now or datetime.now(UTC), limit)
        for column in table.partition_keys
    ]
    total = prod(len(values) for values in columns)
    if total > limit:
        raise ProjectionError(
            f"partition projection of {table.database}.{table.name} gives {total} partitions, "
            f"the limit is {limit}: narrow {', '.join(names)} in the WHERE clause",
            "HIVE_EXCEEDED_PARTITION_LIMIT",
        )
    locate = _location(table, names)
    for values in product(*columns):
        yield Partition(values=values, location=locate(values))


def _allowed(
    table: Table, column: Column, domain: Domain, now: datetime, limit: int
) -> Sequence[str]:
    settings = _Settings(table, column.name)
    kind = settings.require("type").lower()
    if kind == "injected":
        if not column.type.lower().startswith(("string", "varchar", "char")):
            raise settings.error("type", "injected needs a column of type string")
        return _injected(column.name, domain)
    makers = {"enum": _enum, "integer": _integer, "date": _date}
    if kind not in makers:
        raise settings.error("type", f"{kind!r} is none of enum, integer, date, injected")
    series = makers[kind](settings, column, now)
    return _select(series, domain, column.name, limit)


def _select(series: _Series, domain: Domain, name: str, limit: int) -> list[str]:
    """The texts of a series that a domain allows, without repetition, in order."""
    if isinstance(domain, Values):
        found = {series.find(text) for text in domain.allowed}
        return _texts(series, sorted(index for index in found if index is not None))
    first, last = 0, series.count
    accepts: Callable[[str], bool] | None = None
    if isinstance(domain, Span):
        low = None if domain.low is None else series.key(domain.low)
        high = None if domain.high is None else series.key(domain.high)
        if series.rising:
            positions = range(series.count)
            at = _key_at(series)
            if low is not None:
                cut = bisect_left if domain.low_inclusive else bisect_right
                first = cut(positions, low, key=at)
            if high is not None:
                cut = bisect_right if domain.high_inclusive else bisect_left
                last = cut(positions, high, key=at)
        else:
            accepts = _within(series.key, low, high, domain)
    if last - first > limit:
        raise ProjectionError(
            f"partition projection of column {name} gives {last - first} values, "
            f"the limit is {limit}: narrow {name} in the WHERE clause",
            "HIVE_EXCEEDED_PARTITION_LIMIT",
        )
    texts = _texts(series, range(first, last))
    return texts if accepts is None else [text for text in texts if accepts(text)]


def _enum(settings: "_Settings", column: Column, now: datetime) -> _Series:
    values = settings.require("values", keep_blanks=True).split(",")
    key = _key_of(column)
    by_key = {key(value): index for index, value in enumerate(values)}
    return _Series(len(values), values.__getitem__, key, False, lambda text: by_key.get(key(text)))


def _integer(settings: "_Settings", column: Column, now: datetime) -> _Series:
    low, high = (settings.number("range", text) for text in settings.pair("range"))
    interval = settings.positive("interval", 1)
    digits = settings.positive("digits", 1)
    if high < low:
        raise settings.error("range", f"{high} is less than {low}")
    count = (high - low) // interval + 1
    key = _key_of(column)
    is_text = key is _as_text

    def text(index: int) -> str:
        return str(low + index * interval).zfill(digits)

    def find(wanted: str) -> int | None:
        try:
            index, rest = divmod(int(wanted) - low, interval)
        except ValueError:
            return None
        inside = rest == 0 and 0 <= index < count
        return index if inside and (not is_text or text(index) == wanted) else None

    same_width = low >= 0 and len(text(0)) == len(text(count - 1))
    return _Series(count, text, key, same_width or not is_text, find)


def _date(settings: "_Settings", column: Column, now: datetime) -> _Series:
    form = compile_format(settings.require("format"))
    instant = now.astimezone(UTC)
    first, last = settings.pair("range")
    start, end = read_bound(first, form, instant), read_bound(last, form, instant)
    default_unit = form.default_unit()
    if default_unit is None and settings.get("interval") is None:
        raise settings.error("interval", "it is missing, and the format is not of days or months")
    interval = settings.positive("interval", 1)
    unit = (settings.get("interval.unit") or default_unit or "").strip().upper()
    unit = unit if unit.endswith("S") else f"{unit}S"
    unit = unit.replace("MILLISECONDS", "MILLIS")
    if unit not in UNITS:
        raise settings.error("interval.unit", f"it must be one of {', '.join(UNITS)}")
    count = count_steps(start, end, interval, unit)

    text = _date_text(form, start, interval, unit)
    if count <= _KEPT_TEXTS and not first.upper().startswith("NOW"):
        text = _date_texts(form.pattern, start, interval, unit, count).__getitem__

    def at(index: int) -> datetime:
        found = form.read(text(index))
        return FIRST if found is None else found

    def instant_of(wanted: str) -> datetime:
        found = form.read(wanted) or _iso(wanted)
        if found is None:
            raise settings.error("format", f"{wanted!r} is not a date")
        return found

    is_instant = column.type.lower().startswith(("date", "timestamp"))

    def find(wanted: str) -> int | None:
        found = form.read(wanted)
        if found is None and is_instant:
            found = _iso(wanted)
        if found is None:
            return None
        index = bisect_left(range(count), found, key=at)
        if index == count or at(index) != found:
            return None
        return index if is_instant or text(index) == wanted else None

    key: Key = instant_of if is_instant else _key_of(column)
    return _Series(count, text, key, is_instant or form.sorts, find)


def _date_text(form: DateFormat, start: datetime, interval: int, unit: str) -> Callable[[int], str]:
    return lambda index: form.write(step(start, index * interval, unit))


@lru_cache(maxsize=32)
def _date_texts(
    pattern: str, start: datetime, interval: int, unit: str, count: int
) -> tuple[str, ...]:
    """The texts of a series of dates, the same for every query of its table."""
    return tuple(map(_date_text(compile_format(pattern), start, interval, unit), range(count)))


def _injected(name: str, domain: Domain) -> list[str]:
    if not isinstance(domain, Values):
        raise ProjectionError(
            f"For the injected projected partition column {name}, the WHERE clause must contain "
            "only static equality conditions, and at least one such condition must be present.",
            "CONSTRAINT_VIOLATION",
        )
    return sorted(domain.allowed)


class _Settings:
    """The `projection.<column>.…` parameters of one column."""

    def __init__(self, table: Table, column: str) -> None:
        self._table = table
        self._column = column
        self._values: Mapping[str, str] = {
            name.lower(): value for name, value in table.parameters.items()
        }

    def get(self, name: str) -> str | None:
        return self._values.get(f"projection.{self._column.lower()}.{name}")

    def require(self, name: str, *, keep_blanks: bool = False) -> str:
        value = self.get(name)
        if value is None or not value.strip():
            if name == "type":
                table = f"{self._table.database}.{self._table.name}"
                raise ProjectionError(
                    f"Table {table} is configured for partition projection, but the following "
                    "partition columns are missing projection configuration: "
                    f"[{self._column}] (table {table})",
                    "HIVE_METASTORE_ERROR",
                )
            raise self.error(name, "it is missing")
        return value if keep_blanks else value.strip()

    def pair(self, name: str) -> tuple[str, str]:
        parts = self.require(name).split(",")
        if len(parts) != 2:
            raise self.error(name, "it must have two values with a comma between them")
        return parts[0].strip(), parts[1].strip()

    def number(self, name: str, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise self.error(name, f"{text!r} is not a whole number") from None

    def positive(self, name: str, default: int) -> int:
        text = self.get(name)
        if text is None:
            return default
        number = self.number(name, text.strip())
        if number < 1:
            raise self.error(name, f"{number} is not positive")
        return number

    def error(self, name: str, why: str) -> ProjectionError:
        return ProjectionError(
            f"Table {self._table.database}.{self._table.name}: "
            f"projection.{self._column}.{name}: {why}"
        )


def _location(table: Table, names: Sequence[str]) -> Callable[[Sequence[str]], str]:
    template = table.parameters.get("storage.location.template")
    if template:
        missing = [name for name in names if f"${{{name}}}" not in template]
        if missing:
            raise ProjectionError(
                f"Table {table.database}.{table.name}: "
                "storage.location.template must contain all partition columns, it lacks "
                f"{', '.join(missing)}"
            )

        def fill(values: Sequence[str]) -> str:
            text = template
            for name, value in zip(names, values, strict=True):
                text = text.replace(f"${{{name}}}", value)
            return text

        return fill
    base = (table.location or "").rstrip("/")
    return lambda values: f"{base}/{partition_path(names, values)}/"


def partition_path(names: Sequence[str], values: Sequence[str]) -> str:
    """Hive's `a=1/b=2`, with the characters escaped that Hive escapes."""
    return "/".join(
        f"{escape(name)}={escape(value)}" for name, value in zip(names, values, strict=True)
    )


def escape(text: str) -> str:
    """A name or value as Hive writes it in a path (FileUtils.escapePathName)."""
    return _HIVE_ESCAPED.sub(lambda match: f"%{ord(match.group()):02X}", text)


def _texts(series: _Series, indexes: Sequence[int]) -> list[str]:
    return list(dict.fromkeys(series.text(index) for index in indexes))


def _key_at(series: _Series) -> Callable[[int], Any]:
    return lambda index: series.key(series.text(index))


def _within(key: Key, low: Any, high: Any, span: Span) -> Callable[[str], bool]:
    def accepts(text: str) -> bool:
        value = key(text)
        above = low is None or value > low or (span.low_inclusive and value == low)
        below = high is None or value < high or (span.high_inclusive and value == high)
        return above and below

    return accepts


def _key_of(column: Column) -> Key:
    """How texts of a column compare: numbers by value, dates by instant, the rest by text."""
    kind = column.type.lower()
    if kind.startswith(_NUMBERS):
        return _as_number
    if kind.startswith(("date", "timestamp")):
        return lambda text: _iso(text) or FIRST
    return _as_text


def _as_text(text: str) -> str:
    return text


def _as_number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ProjectionError(f"{text!r} is not a number") from None


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
