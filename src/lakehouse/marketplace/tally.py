"""Sums by figure and grain, and how a column that is no number enters a sum.

Numbers enter as they are (money in cents), booleans as 0 or 1, calendar days as days since
1970-01-01, instants as milliseconds since 1970-01-01 UTC, texts by the CRC-32 of their UTF-8.
A value that changes, and a row that is missing, change the sum of their grain.
"""

import datetime as dt
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from lakehouse.marketplace.streams import I64
from lakehouse.marketplace.text import Text, between, numbers
from lakehouse.marketplace.world import day_date

VALUE = "value"
"""The measure of a figure that has only one: it is not part of the grain."""
CHECKSUM = "row_checksum"
"""The measure of whole rows, see ``row_sums``."""

Codes: TypeAlias = tuple[I64, Callable[[int], str]]
"""A column of a grain: the code of each row, and the text of a code."""

_SAO_PAULO = ZoneInfo("America/Sao_Paulo")
_LAST_CHANGE_OF_CLOCKS = int(dt.datetime(2019, 2, 18, tzinfo=dt.UTC).timestamp())
_WINTER_OFFSET = 3 * 3600


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of the ledger. grain: column to text; value: an integer, or a decimal as text."""

    figure: str
    grain: Mapping[str, str]
    value: int | str


@dataclass(slots=True)
class Tally:
    """Sums, added piece by piece. Money is a measure, or a figure of a single one, that has
    ``brl`` or ``gmv`` in its name."""

    sums: Counter[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=Counter)

    def add(
        self,
        figure: str,
        grain: Mapping[str, Codes],
        measures: Mapping[str, I64],
        **constants: str,
    ) -> None:
        """Add rows: arrays of one length; constants are columns of the grain that all share."""
        rows = len(next(iter(measures.values())))
        if rows == 0:
            return
        codes = np.stack([codes for codes, _ in grain.values()] or [np.zeros(rows, dtype=np.int64)])
        groups, place = np.unique(codes, axis=1, return_inverse=True)
        texts = [
            {**constants, **{name: show(int(code)) for (name, (_, show)), code in pairs}}
            for pairs in (zip(grain.items(), group, strict=False) for group in groups.T)
        ]
        for measure, values in measures.items():
            sums = np.zeros(len(texts), dtype=np.int64)
            np.add.at(sums, place.reshape(-1), values)
            extra = {} if measure == VALUE else {"measure": measure}
            for text, total in zip(texts, sums.tolist(), strict=True):
                self.sums[figure, tuple(sorted({**text, **extra}.items()))] += total

    def add_rows(
        self,
        figure: str,
        grain: Mapping[str, Codes],
        count: str,
        columns: Mapping[str, I64],
        **constants: str,
    ) -> None:
        """Add rows of a table: how many, each column, and the checksum that ties the columns."""
        rows = np.ones(len(next(iter(columns.values()))), dtype=np.int64)
        measures = {count: rows, **columns, CHECKSUM: row_sums(columns)}
        self.add(figure, grain, measures, **constants)

    def figures(self) -> Iterator[Figure]:
        """Every sum that is not zero, in the order in which the figures were added first."""
        order = list(dict.fromkeys(figure for figure, _ in self.sums))
        for (figure, grain), total in sorted(
            self.sums.items(), key=lambda entry: (order.index(entry[0][0]), entry[0][1])
        ):
            if total:
                yield Figure(figure, dict(grain), _shown(figure, dict(grain), total))


def _shown(figure: str, grain: Mapping[str, str], total: int) -> int | str:
    name = grain.get("measure", figure)
    is_money = "brl" in name or "gmv" in name
    sign, cents = "-" if total < 0 else "", abs(total)
    return f"{sign}{cents // 100}.{cents % 100:02d}" if is_money else total


def days(numbers: I64) -> Codes:
    """A grain of calendar days, as days since 1970-01-01."""
    return numbers, lambda number: day_date(number).isoformat()


def flags(values: I64) -> Codes:
    """A grain of ``true`` and ``false``."""
    return values, ("false", "true").__getitem__


def text_sums(texts: Text) -> I64:
    """The CRC-32 of each text; 0 for null."""
    values = (0 if each is None else zlib.crc32(each.encode()) for each in texts.to_pylist())
    return np.fromiter(values, dtype=np.int64, count=len(texts))


def row_sums(columns: Mapping[str, I64]) -> I64:
    """The CRC-32 of each row: of its columns' numbers, in the order of their names, `|` between.

    Sums of columns do not tell which values stand in one row; this ties them together.
    """
    return text_sums(between("|", *(numbers(columns[name]) for name in sorted(columns))))


def instant_sums(wall: I64) -> I64:
    """Milliseconds since 1970 UTC of seconds on the wall clock of America/Sao_Paulo; 0 for 0,
    which stands for null."""
    utc = wall + _WINTER_OFFSET
    for row in np.flatnonzero((wall > 0) & (wall < _LAST_CHANGE_OF_CLOCKS)).tolist():
        # An hour that the clocks show twice takes the first offset, which `fold=0` is.
        shown = dt.datetime.fromtimestamp(int(wall[row]), dt.UTC).replace(tzinfo=_SAO_PAULO)
        utc[row] = int(shown.timestamp())
    return np.where(wall == 0, 0, utc * 1000)
