"""New data files: written by DuckDB, described for the manifest.

Files are published when they are whole; until a commit names them nobody sees them. One statement
opens at most 100 partitions (Athena user guide, "CTAS and INSERT INTO": the limit also holds for
Iceberg).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

from local_athena.engine.iceberg.columns import (
    engine_type,
    field_ids,
    quote_name,
    quote_text,
    write_expression,
)
from local_athena.engine.iceberg.formats import from_parquet
from local_athena.engine.iceberg.lake import Lake
from local_athena.engine.iceberg.partitioning import partition_expression
from local_athena.engine.iceberg.properties import compression, compression_level, file_format
from local_athena.engine.iceberg.statistics import file_statistics
from local_athena.sql.errors import SqlError

MAX_PARTITIONS = 100
TARGET_BYTES = 512 * 1024 * 1024
ROW_GROUP = 122_880
_VERSION: Literal[2] = 2
_names = count(1)


class Cursor(Protocol):
    """What is needed of `engine.session.Cursor`: run a text, fetch its rows or Arrow batches."""

    def execute(self, sql: str) -> Any: ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]: ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how data files are written: a table that exists, or is about to."""

    lake: Lake
    metadata: TableMetadata
    schema: Schema
    spec: PartitionSpec

    @property
    def location(self) -> str:
        return self.metadata.location.rstrip("/")

    def data_location(self, path: str) -> str:
        """The uri of a new data or delete file."""
        return f"{self.location}/data/{path}"


@dataclass(frozen=True, slots=True)
class _Written:
    """A file that DuckDB wrote to a temporary path, and its Parquet footer."""

    path: Path
    metadata: Any
    partition: tuple[Any, ...] = ()


def write_rows(
    target: Target, cursor: Cursor, select: str, names: Sequence[str] | None = None
) -> list[DataFile]:
    """Write the rows of a SELECT (engine's representation) and publish the files.

    `names` are the SELECT's columns in the order of the schema's fields (c0, c1, … by default).

    Raises:
        SqlError: TOO_MANY_OPEN_PARTITIONS, CONSTRAINT_VIOLATION for NULL in a required column, or
            what the SELECT fails with.
    """
    names = names or [f"c{index}" for index in range(len(target.schema.fields))]
    with target.lake.store.temporary_folder() as folder:
        if target.spec.is_unpartitioned():
            written = _write_plain(target, cursor, select, names, folder)
        else:
            written = _write_partitioned(target, cursor, select, names, folder)
        return [_publish(target, one) for one in written if one.metadata.num_rows]


def _stored_columns(schema: Schema, names: Sequence[str]) -> str:
    parts = []
    for field, name in zip(schema.fields, names, strict=True):
        value = f"CAST({quote_name(name)} AS {engine_type(field.field_type)})"
        parts.append(f"{write_expression(field.field_type, value)} AS {quote_name(field.name)}")
    return ", ".join(parts)


def _options(target: Target) -> str:
    level = compression_level(target.metadata)
    codec = compression(target.metadata) + (f", COMPRESSION_LEVEL {level}" if level else "")
    return (
        f"FORMAT parquet, COMPRESSION {codec}, "
        f"ROW_GROUP_SIZE {ROW_GROUP}, FIELD_IDS {field_ids(target.schema.fields)}, RETURN_FILES"
    )


def _write_plain(
    target: Target, cursor: Cursor, select: str, names: Sequence[str], folder: Path
) -> list[_Written]:
    columns = _stored_columns(target.schema, names)
    paths = _copy(
        cursor,
        f"COPY (SELECT {columns} FROM ({select}) q) TO {quote_text(str(folder / 'out'))} "
        f"({_options(target)}, FILE_SIZE_BYTES {TARGET_BYTES})",
    )
    return [_written(path) for path in paths]


def _copy(cursor: Cursor, text: str) -> list[Path]:
    """Run a COPY with RETURN_FILES; the files that it wrote."""
    ((_, paths),) = cursor.rows(text)
    return [Path(path) for path in paths]


def _written(path: Path, partition: tuple[Any, ...] = ()) -> _Written:
    with pq.ParquetFile(path) as file:
        return _Written(path, file.metadata, partition)


def _write_partitioned(
    target: Target, cursor: Cursor, select: str, names: Sequence[str], folder: Path
) -> list[_Written]:
    """Stage the rows with their partition values, count partitions, then write file by file."""
    values = []
    for field in target.spec.fields:
        source = target.schema.find_field(field.source_id)
        given = quote_name(names[_position(target.schema, field.source_id)])
        name = f"CAST({given} AS {engine_type(source.field_type)})"
        values.append(partition_expression(field.transform, source.field_type, name))
    keys = [f"__partition{index}" for index in range(len(values))]
    computed = ", ".join(f"{text} AS {key}" for text, key in zip(values, keys, strict=True))
    staged = f"iceberg_staged_{next(_names)}"
    cursor.execute(f"CREATE TEMP TABLE {staged} AS SELECT *, {computed} FROM ({select}) q")
    try:
        return _write_staged(target, cursor, staged, keys, names, folder / "out")
    finally:
        cursor.execute(f"DROP TABLE {staged}")


def _write_staged(
    target: Target,
    cursor: Cursor,
    staged: str,
    keys: Sequence[str],
    names: Sequence[str],
    out: Path,
) -> list[_Written]:
    """The files of a table of rows, which holds their partition values under `keys`."""
    listed = ", ".join(keys)
    found = cursor.rows(f"SELECT DISTINCT {listed} FROM {staged} LIMIT {MAX_PARTITIONS + 1}")
    if not found:
        return []
    if len(found) > MAX_PARTITIONS:
        raise SqlError(
            "ICEBERG_TOO_MANY_OPEN_PARTITIONS",
            f"Exceeded limit of {MAX_PARTITIONS} open writers for partitions",
        )
    columns = _stored_columns(target.schema, names)
    to = f"TO {quote_text(str(out))} ({_options(target)}"
    if len(found) == 1:
        paths = _copy(
            cursor,
            f"COPY (SELECT {columns} FROM {staged} q) {to}, FILE_SIZE_BYTES {TARGET_BYTES})",
        )
        return [_written(path, found[0]) for path in paths]
    numbered = f"{staged}_partitions"
    cursor.execute(
        f"CREATE TEMP TABLE {numbered} AS "
        f"SELECT row_number() OVER () AS __partition, {listed} FROM {staged} GROUP BY {listed}"
    )
    by_number = {row[0]: row[1:] for row in cursor.rows(f"FROM {numbered}")}
    same = " AND ".join(f"q.{key} IS NOT DISTINCT FROM p.{key}" for key in keys)
    paths = _copy(
        cursor,
        f"COPY (SELECT {columns}, __partition FROM {staged} q JOIN {numbered} p ON {same}) "
        f"{to}, PARTITION_BY (__partition))",
    )
    cursor.execute(f"DROP TABLE {numbered}")
    numbers = [int(path.parent.name.removeprefix("__partition=")) for path in paths]
    return [_written(path, by_number[n]) for path, n in zip(paths, numbers, strict=True)]


def _position(schema: Schema, field_id: int) -> int:
    for index, field in enumerate(schema.fields):
        if field.field_id == field_id:
            return index
    raise SqlError("NOT_SUPPORTED", "partitioning by a field of a row is not supported")


def _publish(target: Target, written: _Written) -> DataFile:
    schema = target.schema
    statistics = file_statistics(written.metadata, schema)
    for field in schema.fields:
        if field.required and statistics.null_value_counts.get(field.field_id):
            raise SqlError(
                "CONSTRAINT_VIOLATION", f"NULL value not allowed for NOT NULL column: {field.name}"
            )
    record = Record(*written.partition)
    folder = ""
    if not target.spec.is_unpartitioned():
        folder = target.spec.partition_to_path(record, schema) + "/"
    kind = FileFormat(file_format(target.metadata).upper())
    uri = target.data_location(f"{folder}{uuid4()}.{kind.value.lower()}")
    size = written.path.stat().st_size
    if kind == FileFormat.PARQUET:
        target.lake.store.publish(written.path, uri)
    else:
        other = written.path.with_suffix(f".{kind.value.lower()}")
        from_parquet(written.path, kind, schema, compression(target.metadata), other)
        size = other.stat().st_size
        target.lake.store.publish(other, uri)
        statistics.column_sizes, statistics.split_offsets = {}, []
    data_file = DataFile.from_args(
        _table_format_version=_VERSION,
        content=DataFileContent.DATA,
        file_path=uri,
        file_format=kind,
        partition=record,
        record_count=written.metadata.num_rows,
        file_size_in_bytes=size,
        column_sizes=statistics.column_sizes,
        value_counts=statistics.value_counts,
        null_value_counts=statistics.null_value_counts,
        nan_value_counts=statistics.nan_value_counts,
        lower_bounds=statistics.lower_bounds,
        upper_bounds=statistics.upper_bounds,
        key_metadata=None,
        split_offsets=statistics.split_offsets or None,
        equality_ids=None,
        sort_order_id=0,
    )
    data_file.spec_id = target.spec.spec_id
    return data_file
