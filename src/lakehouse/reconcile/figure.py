"""The form of a figure's query: the SQL of its grain, and how each column enters a sum.

Numbers are summed, and what is no number enters a sum as ``text``, ``instant``, ``date`` and
``flag`` say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VALUE = "value"
"""The measure of a figure that has only one: it is not part of the grain."""


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """A figure: the columns of its grain, its measures, the query that reads them.

    ``constants`` are parts of the grain that the query does not return.
    """

    figure: str
    grain: tuple[str, ...]
    measures: tuple[str, ...]
    sql: str
    constants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """SQL of the number by which a column enters a row's checksum, and of the sum of the column."""

    number: str
    total: str


def summed(number: str) -> Column:
    return Column(number, f"sum({number})")


def member(key: str, identifier: str) -> Column:
    """A key by the member that it leads to, of a dimension joined from the left: ``key`` is the
    dimension's own. A key that leads nowhere is told from that of the unknown member."""
    return text(f"if({key} is null, 'no such member', {identifier})")


def text(column: str) -> Column:
    return summed(f"crc32(to_utf8({column}))")


def instant(column: str) -> Column:
    return summed(f"date_diff('millisecond', timestamp '1970-01-01 00:00:00', {column})")


def day_number(column: str) -> Column:
    return summed(f"date_diff('day', date '1970-01-01', {column})")


def flag(column: str) -> Column:
    return Column(f"if({column}, 1, 0)", f"count_if({column})")


def millionths(column: str) -> Column:
    return summed(f"cast({column} * 1000000 as bigint)")


def money(column: str) -> Column:
    return Column(f"cast({column} * 100 as bigint)", f"sum({column})")


def checksum(columns: Mapping[str, Column]) -> str:
    """Ties the columns of a row together: sums alone do not tell which values stand in one row."""
    numbers = (
        f"coalesce(cast({columns[name].number} as varchar), '0')" for name in sorted(columns)
    )
    return f"sum(crc32(to_utf8(concat_ws('|', {', '.join(numbers)}))))"


def figure(
    name: str,
    grain: Mapping[str, str],
    measures: Mapping[str, str | Column],
    source: str,
    **constants: str,
) -> FigureQuery:
    """A figure from a FROM clause, with the SQL of each column of its grain and of each measure."""
    totals = {
        name: measure.total if isinstance(measure, Column) else measure
        for name, measure in measures.items()
    }
    columns = ", ".join(f"{sql} as {column}" for column, sql in {**grain, **totals}.items())
    groups = f" group by {', '.join(grain.values())}" if grain else ""
    sql = f"select {columns} from {source}{groups}"
    return FigureQuery(name, tuple(grain), tuple(measures), sql, tuple(constants.items()))


def counted_rows(
    name: str,
    grain: Mapping[str, str],
    count: str,
    columns: Mapping[str, Column],
    source: str,
    **constants: str,
) -> FigureQuery:
    """A figure of every row of a table: how many, the sum of each column, and the checksum."""
    measures: dict[str, str | Column] = {
        count: "count(*)",
        **columns,
        "row_checksum": checksum(columns),
    }
    return figure(name, grain, measures, source, **constants)
