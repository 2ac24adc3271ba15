"""What a query's predicates allow a column to be, tested on partitions and row groups.

Partition values decide which files are read; row groups only how many bytes are counted, since
DuckDB itself skips row groups by the same statistics.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from local_athena.catalog import domain as texts
from local_athena.engine.scans.footers import Footer
from local_athena.sql.bound import TableColumn
from local_athena.sql.pruning import Domain
from local_athena.sql.types import Type

_COMPARED = frozenset(
    {
        "tinyint",
        "smallint",
        "integer",
        "bigint",
        "decimal",
        "varchar",
        "date",
        "timestamp",
        "boolean",
    }
)


def admits(domain: Domain, value: Any, type_: Type) -> bool:
    """Whether a partition with this value (None is NULL) may hold rows that the query wants."""
    if type_.base not in _COMPARED:
        return True
    try:
        return domain.admits(value)
    except TypeError:
        return True


def partition_domains(
    domains: Mapping[str, Domain], keys: Mapping[str, Type]
) -> dict[str, texts.Domain]:
    """The same restrictions as texts, for projection; several ranges become their hull."""
    found: dict[str, texts.Domain] = {}
    for name, type_ in keys.items():
        domain = domains.get(name)
        if domain is None or domain.is_all or type_.base not in _COMPARED:
            continue
        points = domain.points
        if points is not None:
            found[name] = texts.Values(frozenset(_text(value) for value in points))
        else:
            first, last = domain.ranges[0], domain.ranges[-1]
            found[name] = texts.Span(
                None if first.low is None else _text(first.low),
                None if last.high is None else _text(last.high),
                first.low_inclusive,
                last.high_inclusive,
            )
    return found


def row_groups(
    footer: Footer, domains: Mapping[str, Domain], columns: Sequence[TableColumn]
) -> list[int]:
    """Indexes of the row groups that statistics do not rule out."""
    tested = {
        column.name: domains[column.name]
        for column in columns
        if column.name in domains and column.type.base in _COMPARED and not column.partition_key
    }
    if not tested:
        return list(range(len(footer.row_groups)))
    return [
        index
        for index, group in enumerate(footer.row_groups)
        if all(_may_match(domain, group.ranges.get(name)) for name, domain in tested.items())
    ]


def _may_match(domain: Domain, found: tuple[Any, Any, int | None] | None) -> bool:
    if found is None:
        return True
    low, high, nulls = found
    try:
        return domain.overlaps(_plain(low), _plain(high), nulls is None or nulls > 0)
    except TypeError:
        return True


def _plain(value: Any) -> Any:
    """A statistic as domains have values: instants naive in UTC, text as str."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
