"""`"t$partitions"`: for each partition its rows, files, bytes, and what is known of its columns."""

from collections.abc import Iterator, Sequence
from typing import Any

from pyiceberg.manifest import DataFile, DataFileContent, ManifestContent
from pyiceberg.types import (
    DateType,
    IcebergType,
    PrimitiveType,
    StructType,
    TimestampType,
    TimestamptzType,
)

from local_athena.engine.iceberg.domains import bound_value
from local_athena.engine.iceberg.planning import live_entries, partition_key
from local_athena.engine.iceberg.table import IcebergTable
from local_athena.engine.iceberg.types import to_trino
from local_athena.sql import types
from local_athena.sql.types import Field, Type

Rows = Iterator[tuple[Any, ...]]


def _plain_fields(table: IcebergTable) -> list[Any]:
    return [f for f in table.schema.fields if isinstance(f.field_type, PrimitiveType)]


def _partition_type(table: IcebergTable) -> StructType:
    return table.spec.partition_type(table.schema)


def partition_layout(table: IcebergTable) -> tuple[tuple[str, Type], ...]:
    found: list[tuple[str, Type]] = []
    partition = _partition_type(table).fields
    if partition:
        row = types.row(*(Field(p.name, to_trino(p.field_type)) for p in partition))
        found.append(("partition", row))
    found += [
        ("record_count", types.BIGINT),
        ("file_count", types.BIGINT),
        ("total_size", types.BIGINT),
    ]
    columns = []
    for plain in _plain_fields(table):
        kind = to_trino(plain.field_type)
        columns.append(
            Field(
                plain.name.lower(),
                types.row(
                    Field("min", kind),
                    Field("max", kind),
                    Field("null_count", types.BIGINT),
                    Field("nan_count", types.BIGINT),
                ),
            )
        )
    if columns:
        found.append(("data", types.row(*columns)))
    return tuple(found)


def partition_rows(table: IcebergTable) -> Rows:
    groups: dict[Any, list[DataFile]] = {}
    for entry in live_entries(table, ManifestContent.DATA):
        if entry.data_file.content == DataFileContent.DATA:
            groups.setdefault(partition_key(entry.data_file), []).append(entry.data_file)
    own = _partition_type(table).fields
    specs = table.metadata.specs()
    plain = _plain_fields(table)
    for (spec_id, values), files in groups.items():
        row: list[Any] = []
        if own:
            by_field = {
                part.field_id: value
                for part, value in zip(specs[spec_id].fields, values, strict=True)
            }
            row.append([_engine_value(p.field_type, by_field.get(p.field_id)) for p in own])
        row += [
            sum(file.record_count for file in files),
            len(files),
            sum(file.file_size_in_bytes for file in files),
        ]
        if plain:
            row.append([_column_facts(f.field_id, f.field_type, files) for f in plain])
        yield tuple(row)


def _column_facts(number: int, kind: PrimitiveType, files: Sequence[DataFile]) -> list[Any]:
    """Least and greatest value, NULLs and NaNs of a column; None for what some file leaves open."""
    nulls = [(file.null_value_counts or {}).get(number) for file in files]
    nans = [(file.nan_value_counts or {}).get(number) for file in files]
    filled = [file for file, count in zip(files, nulls, strict=True) if count != file.record_count]
    lows = [(file.lower_bounds or {}).get(number) for file in filled]
    highs = [(file.upper_bounds or {}).get(number) for file in filled]
    low = [bound_value(kind, data) for data in lows if data is not None]
    high = [bound_value(kind, data) for data in highs if data is not None]
    return [
        _engine_value(kind, min(low)) if low and len(low) == len(filled) else None,
        _engine_value(kind, max(high)) if high and len(high) == len(filled) else None,
        None if None in nulls else sum(filter(None, nulls)),
        None if None in nans else sum(filter(None, nans)),
    ]


def _engine_value(kind: IcebergType, value: Any) -> Any:
    """A value of Iceberg's metadata as `bound.Constant` holds it."""
    if value is None or isinstance(kind, DateType):
        return value
    if isinstance(kind, TimestampType):
        return value * 1_000_000
    if isinstance(kind, TimestamptzType):
        return value * 1_000_000, "UTC"
    if str(kind) == "time":
        return value * 1_000_000
    return value
