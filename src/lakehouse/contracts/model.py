"""What a contract says, as frozen data. The loader fills it; nothing else builds it by hand.

A contract describes one raw table. Types are Athena's names (Trino spelling): `varchar`,
`integer`, `bigint`, `boolean`, `date`, `timestamp(3)`, `decimal(p, s)`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

SourceKind = Literal["postgresql", "mysql", "rest", "kafka", "drop"]
FormatName = Literal["csv", "json_lines", "json_pages", "parquet"]
FrequencyUnit = Literal["d", "w", "m"]
LoadingMode = Literal["incremental", "full", "append"]
Severity = Literal["error", "warning"]
CheckRule = Literal[
    "required", "minimum", "maximum", "max_length", "pattern", "allowed_values", "lookup"
]
TypeFamily = Literal["varchar", "integer", "bigint", "boolean", "date", "timestamp", "decimal"]

LookupValue = str | int | Decimal | bool | date | None

NUMERIC: tuple[TypeFamily, ...] = ("integer", "bigint", "decimal")


@dataclass(frozen=True, slots=True)
class ColumnType:
    """An Athena type. `precision` and `scale` are those of a decimal, else None."""

    family: TypeFamily
    precision: int | None = None
    scale: int | None = None

    @property
    def athena(self) -> str:
        """The type as Athena's SELECT shows it."""
        if self.family == "decimal":
            return f"decimal({self.precision}, {self.scale})"
        return "timestamp(3)" if self.family == "timestamp" else self.family

    @property
    def hive(self) -> str:
        """The type as Glue and Athena's DDL spell it."""
        if self.family == "decimal":
            return f"decimal({self.precision},{self.scale})"
        return {"varchar": "string", "integer": "int"}.get(self.family, self.family)


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of another feed's table whose values a column holds (a foreign key)."""

    feed: str
    column: str

    def __str__(self) -> str:
        """As contracts write it: feed.column."""
        return f"{self.feed}.{self.column}"


@dataclass(frozen=True, slots=True)
class Check:
    """What the door asks of every value of a column, besides type and `required`.

    An error refuses the row, a warning lets it in and counts it under `name`, that of the quality
    rule ("" of a logicalTypeOption). Where an older contract did not say (None), it is an error.
    `limit` is a bound, inclusive, for minimum and maximum; a number of characters for max_length; a
    regular expression, found anywhere in the text, for pattern; the words of allowed_values; the
    name of the reference list for lookup; None for required.
    """

    rule: CheckRule
    limit: Decimal | int | str | tuple[str, ...] | None
    severity: Severity | None
    name: str

    @property
    def warns(self) -> bool:
        """Whether a row that breaks it enters all the same."""
        return self.severity == "warning"


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where a column that no source delivers gets its values: a reference list.

    `list` is its name, `sha256` that of its file. The text of the column `key` is looked up,
    letters' case aside, and the list's column `take` gives the value. `entries` are pairs of key,
    in upper case, and value, in the order of the list: a text, int, Decimal, bool or date, or None.
    """

    list: str
    sha256: str
    key: str
    take: str
    entries: tuple[tuple[str, LookupValue], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a raw table.

    `source_path` is where the value lies in a record of the source, dots descend into nested
    objects. `pad_with_zeros_to` fills codes that lost
    their leading zeros. `is_personal` marks personal data; `tags` say of which kind.

    `unit` is that of a number (`BRL`, `g`, `none`; `{currency}` where the column `currency` tells
    it row by row) and the zone of an instant; None where an older contract did not say.

    `lookup` is None for a column that the source delivers.
    """

    name: str
    type: ColumnType
    description: str
    required: bool
    key_position: int | None
    source_path: str
    is_personal: bool
    tags: tuple[str, ...]
    unit: str | None
    references: tuple[Reference, ...]
    checks: tuple[Check, ...]
    pad_with_zeros_to: int | None
    lookup: Lookup | None = None


MOST_PAGES = 10_000
"""Pages of a REST source in one run, where the contract says no other number."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a feed comes from.

    `system` is the dbt source. `object` is a table, a REST path, a topic or a drop folder.
    `folder` and `pattern` are the drop folder and its files: of a drop, and of a system whose
    data come as files where the system itself is out of reach ("" where they never do). `cursor`
    and `records` are the keys of a REST answer, `most_pages` how many of them one run may get.
    `text_columns` are columns that a table of a database keeps as text whatever the contract types
    them.
    `partition_column` and `offset_column` take a record's place in its topic.
    """

    system: str
    kind: SourceKind
    object: str
    folder: str
    pattern: str
    cursor: str
    records: str
    page_size: int
    text_columns: tuple[str, ...] = ()
    partition_column: str = ""
    offset_column: str = ""
    most_pages: int = MOST_PAGES


@dataclass(frozen=True, slots=True)
class Format:
    """How the source writes values. `time_zone` is that of clocks without an offset."""

    name: FormatName
    encoding: str
    delimiter: str
    quote: str
    decimal: str
    time_zone: str
    null_tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """How a feed is loaded.

    A batch is held when more than the share `reject_threshold` of its rows, and more than
    `reject_allowance` rows, are refused.
    """

    mode: LoadingMode
    watermark: str | None
    reject_threshold: float
    reject_allowance: int


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a feed is delivered: every `count` days, weeks or months."""

    count: int
    unit: FrequencyUnit

    def after(self, day: date) -> date:
        """The day on which the delivery after that of `day` is due.

        A month later is the same day of that month, or its last one.
        """
        if self.unit != "m":
            return day + timedelta(days=self.count * (7 if self.unit == "w" else 1))
        year, month = divmod(day.year * 12 + day.month - 1 + self.count, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Contract:
    """One raw table: its columns, its source and the promises about it.

    `retention_days` is how long its batches are kept; None where an older contract did not say.
    """

    feed: str
    version: str
    file: str
    sha256: str
    description: str
    purpose: str
    usage: str
    limitations: str
    grain: str
    owner: str
    team: str
    columns: tuple[Column, ...]
    source: Source
    format: Format
    loading: Loading
    frequency: Frequency
    warn_after_hours: int
    error_after_hours: int
    retention_days: int | None

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns, in key order; none for a full list whose rows have no key."""
        keyed = [column for column in self.columns if column.key_position is not None]
        return tuple(
            column.name for column in sorted(keyed, key=lambda column: column.key_position or 0)
        )

    @property
    def readers(self) -> tuple[str, ...]:
        """How deliveries of the stage may be read: by the format, or as records of a topic."""
        topic = ("kafka_lines",) if self.source.kind == "kafka" else ()
        return (self.format.name, *topic)

    @property
    def delivered(self) -> tuple[Column, ...]:
        """The columns that the source delivers; the others are looked up at the door."""
        return tuple(column for column in self.columns if column.lookup is None)

    @property
    def lookups(self) -> Mapping[str, str]:
        """SHA-256 of each reference list that is asked, by its name."""
        asked = (column.lookup for column in self.columns if column.lookup is not None)
        return {lookup.list: lookup.sha256 for lookup in asked}

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
