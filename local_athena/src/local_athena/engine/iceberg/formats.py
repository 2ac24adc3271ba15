"""ORC and Avro data files, by way of Parquet: DuckDB writes and reads Parquet only.

A file that is written goes from DuckDB's Parquet to the table's format; one that is read becomes a
Parquet copy of the same rows in the same order, so positions and field ids stay. Field ids stand in
ORC's type attributes (`iceberg.id`) and in Avro's schema (`field-id`), as the specification says.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.avro.file import AvroFile, AvroOutputFile
from pyiceberg.io import InputFile
from pyiceberg.manifest import FileFormat
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import (
    DateType,
    IcebergType,
    ListType,
    MapType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
)

from local_athena.engine.iceberg.io import LocalOutput
from local_athena.sql.errors import SqlError

_PARQUET_ID, _ORC_ID = "PARQUET:field_id", "iceberg.id"
_BATCH = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = date(1970, 1, 1)
_ORC_CODECS = {"zstd": "zstd", "snappy": "snappy", "gzip": "zlib", "lz4": "lz4"}


def from_parquet(source: Path, kind: FileFormat, schema: Schema, codec: str, target: Path) -> None:
    """Write the rows of a Parquet file as ORC or Avro.

    Raises:
        SqlError: NOT_SUPPORTED for a type that the format's writer lacks.
    """
    with pq.ParquetFile(source) as file:
        if kind == FileFormat.ORC:
            _write_orc(file, codec, target)
        else:
            _write_avro(file, schema, target)


def to_parquet(source: InputFile, path: Path, kind: FileFormat, target: Path) -> None:
    """Write the rows of an ORC or Avro file as Parquet, in order, with its field ids.

    Raises:
        SqlError: NOT_SUPPORTED for another format.
    """
    if kind == FileFormat.ORC:
        _read_orc(path, target)
    elif kind == FileFormat.AVRO:
        _read_avro(source, target)
    else:
        raise SqlError("NOT_SUPPORTED", f"data files of format {kind.value} are not supported")


def _relabelled(field: pa.Field, old: str, new: str) -> pa.Field:
    """The field with its id under another key, in a type that ORC has."""
    kind = field.type
    number = (field.metadata or {}).get(old.encode())
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_struct(kind):
        kind = pa.struct(
            [_relabelled(kind.field(index), old, new) for index in range(kind.num_fields)]
        )
    elif pa.types.is_map(kind):
        kind = pa.map_(
            _relabelled(kind.key_field, old, new), _relabelled(kind.item_field, old, new)
        )
    elif pa.types.is_list(kind):
        kind = pa.list_(_relabelled(kind.value_field, old, new).with_name("element"))
    elif pa.types.is_timestamp(kind):
        kind = pa.timestamp("us", kind.tz)
    metadata = {new: number.decode()} if number is not None else None
    return pa.field(field.name, kind, field.nullable, metadata)


def _write_orc(file: pq.ParquetFile, codec: str, target: Path) -> None:
    from pyarrow import orc

    schema = pa.schema([_relabelled(field, _PARQUET_ID, _ORC_ID) for field in file.schema_arrow])
    compression = _ORC_CODECS.get(codec, "uncompressed")
    try:
        with orc.ORCWriter(str(target), compression=compression) as writer:
            for batch in file.iter_batches():
                writer.write(pa.Table.from_batches([batch]).cast(schema))
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise SqlError("NOT_SUPPORTED", f"writing ORC: {error}") from error


def _read_orc(path: Path, target: Path) -> None:
    from pyarrow import orc

    file = orc.ORCFile(path)
    schema = pa.schema([_relabelled(field, _ORC_ID, _PARQUET_ID) for field in file.schema])
    with pq.ParquetWriter(target, schema) as writer:
        for stripe in range(file.nstripes):
            writer.write_table(pa.Table.from_batches([file.read_stripe(stripe)]).cast(schema))


def _write_avro(file: pq.ParquetFile, schema: Schema, target: Path) -> None:
    writer = AvroOutputFile[Record](
        LocalOutput(target), schema, "table", metadata={"iceberg.schema": schema.model_dump_json()}
    )
    with writer:
        for batch in file.iter_batches(_BATCH):
            rows = [_record(schema.as_struct(), row) for row in batch.to_pylist()]
            if rows:
                writer.write_block(rows)


def _record(kind: StructType, row: dict[str, Any]) -> Record:
    return Record(*(_to_avro(field.field_type, row[field.name]) for field in kind.fields))


def _to_avro(kind: IcebergType, value: Any) -> Any:
    """A Python value of Arrow's as PyIceberg's Avro writer takes it."""
    if value is None:
        return None
    match kind:
        case StructType():
            return _record(kind, value)
        case ListType():
            return [_within(_to_avro(kind.element_type, item)) for item in value]
        case MapType():
            return {
                _to_avro(kind.key_type, key): _within(_to_avro(kind.value_type, item))
                for key, item in value
            }
        case DateType():
            return (value - _DAY).days
        case TimestampType() | TimestamptzType():
            instant = value if value.tzinfo else value.replace(tzinfo=UTC)
            delta = instant - _EPOCH
            return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
        case TimeType():
            clock: time = value
            seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
            return seconds * 1_000_000 + clock.microsecond
    return value


def _within(value: Any) -> Any:
    """A value inside an array or map: PyIceberg's Avro writer has no NULL there."""
    if value is None:
        raise SqlError(
            "NOT_SUPPORTED", "NULL inside an array or map is not supported in Avro files"
        )
    return value


def _check_avro(schema: Any) -> None:
    """Refuse what PyIceberg's Avro reader would misread: NULLs inside arrays and maps."""
    if isinstance(schema, dict):
        for key in ("items", "values"):
            if isinstance(schema.get(key), list):
                raise SqlError(
                    "NOT_SUPPORTED", "Avro files with NULL inside arrays or maps are not supported"
                )
        for part in schema.values():
            _check_avro(part)
    elif isinstance(schema, list):
        for part in schema:
            _check_avro(part)


def _read_avro(source: InputFile, target: Path) -> None:
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    with AvroFile[Record](source) as reader:
        _check_avro(json.loads(reader.header.meta["avro.schema"]))
        schema = reader.schema
        arrow = schema_to_pyarrow(schema, include_field_ids=True)
        storage = pa.schema([_plain(field) for field in arrow])
        with pq.ParquetWriter(target, storage) as writer:
            for rows in _blocks(reader):
                values = [_values(schema.as_struct(), row) for row in rows]
                writer.write_table(pa.Table.from_pylist(values, schema=storage))


def _plain(field: pa.Field) -> pa.Field:
    return _relabelled(field, _PARQUET_ID, _PARQUET_ID)


def _blocks(reader: AvroFile[Record]) -> Iterator[list[Record]]:
    rows: list[Record] = []
    for row in reader:
        rows.append(row)
        if len(rows) == _BATCH:
            yield rows
            rows = []
    if rows:
        yield rows


def _values(kind: StructType, row: Any) -> dict[str, Any]:
    return {
        field.name: _from_avro(field.field_type, row[index])
        for index, field in enumerate(kind.fields)
    }


def _from_avro(kind: IcebergType, value: Any) -> Any:
    """A value of PyIceberg's Avro reader as Arrow takes it."""
    if value is None:
        return None
    match kind:
        case StructType():
            return _values(kind, value)
        case ListType():
            return [_from_avro(kind.element_type, item) for item in value]
        case MapType():
            return [
                (_from_avro(kind.key_type, key), _from_avro(kind.value_type, item))
                for key, item in value.items()
            ]
    return value.bytes if hasattr(value, "bytes") else value
