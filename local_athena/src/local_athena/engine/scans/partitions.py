"""The partitions of a Hive table that a query has to read."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from local_athena.catalog.model import Partition, Table
from local_athena.catalog.projection import is_projected, project
from local_athena.engine.ddl.partition_values import NULL_VALUE, partition_location
from local_athena.engine.job import Job
from local_athena.engine.scans.domains import admits, partition_domains
from local_athena.engine.scans.listing import folder_uri
from local_athena.errors import InvalidUriError, ProjectionError
from local_athena.sql.bound import Constant
from local_athena.sql.errors import SqlError
from local_athena.sql.pruning import Domain, KeyFilter
from local_athena.sql.types import Type

_EPOCH_DAY = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEW = 8
"""Partitions that are looked for one by one: the folder above may hold very many others."""
_INTEGER = re.compile(r"[+-]?\d+\Z")


def live_partitions(
    job: Job,
    table: Table,
    domains: Mapping[str, Domain],
    filters: Sequence[KeyFilter] = (),
    *,
    holding_files: bool = False,
) -> Iterator[Partition]:
    """Partitions, projected or registered, that domains and filters of their keys admit.

    `holding_files` leaves out those with nothing at their location, most of many projected ones.

    Raises:
        SqlError: HIVE_INVALID_PARTITION_VALUE, or the projection's parameters are wrong.
    """
    from local_athena.engine.hive_types import trino_type

    keys = [(key.name.lower(), trino_type(key.type)) for key in table.partition_keys]
    if is_projected(table):
        try:
            candidates = list(
                project(table, partition_domains(domains, dict(keys)), job.request.started_at)
            )
        except ProjectionError as error:
            raise SqlError(error.name, str(error)) from error
    else:
        candidates = job.catalog.partitions(table.database, table.name)
    restricted = [
        (position, name, type_) for position, (name, type_) in enumerate(keys) if name in domains
    ]
    may_hold = job.store.looking() if len(candidates) > _FEW else job.store.may_hold
    for partition in candidates:
        if holding_files and not _may_hold_files(may_hold, table, partition):
            continue
        if all(
            admits(domains[name], plain_value(partition.values[position], type_, name), type_)
            for position, name, type_ in restricted
        ) and _passes(filters, keys, partition):
            yield partition


def _may_hold_files(may_hold: Callable[[str], bool], table: Table, partition: Partition) -> bool:
    try:
        return may_hold(folder_uri(location_of(table, partition)))
    except InvalidUriError:
        return False


def _passes(
    filters: Sequence[KeyFilter], keys: Sequence[tuple[str, Type]], partition: Partition
) -> bool:
    if not filters:
        return True
    values = {
        name: Constant(value_of(text, type_, name), type_)
        for (name, type_), text in zip(keys, partition.values, strict=True)
    }
    return all(each.admits(values) for each in filters)


def location_of(table: Table, partition: Partition) -> str:
    """Where a partition's files lie."""
    return partition.location or partition_location(table, partition.values)


def plain_value(text: str, type_: Type, key: str = "") -> Any:
    """A partition's value as a Python value: int, Decimal, float, bool, date, datetime, str.

    Raises:
        SqlError: HIVE_INVALID_PARTITION_VALUE.
    """
    if text == NULL_VALUE:
        return None
    base = type_.base
    try:
        if base in ("tinyint", "smallint", "integer", "bigint"):
            if not _INTEGER.match(text):
                raise ValueError(text)
            return int(text)
        if base in ("real", "double"):
            return float(text)
        if base == "decimal":
            return Decimal(text)
        if base == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if base == "date":
            return date.fromisoformat(text[:10])
        if base == "timestamp":
            return datetime.fromisoformat(text.replace("T", " "))
    except (ValueError, InvalidOperation, KeyError) as error:
        raise SqlError(
            "HIVE_INVALID_PARTITION_VALUE",
            f"Invalid partition value '{text}' for {type_} partition key: {key}",
        ) from error
    if base == "char" and isinstance(type_.arguments[0], int):
        return text.ljust(type_.arguments[0])
    return text


def value_of(text: str, type_: Type, key: str = "") -> Any:
    """A partition's value as `sql.bound.Constant` holds it.

    Raises:
        SqlError: HIVE_INVALID_PARTITION_VALUE.
    """
    value = plain_value(text, type_, key)
    if isinstance(value, datetime):
        return int((value.replace(tzinfo=UTC) - _EPOCH).total_seconds() * 1000) * 1_000_000_000
    if isinstance(value, date):
        return (value - _EPOCH_DAY).days
    return value
