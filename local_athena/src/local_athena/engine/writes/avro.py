"""Avro files of Hive tables: a record schema of the table's columns, every one nullable.

Source: Trino's hive connector, which refuses tinyint, smallint and char for Avro (read 2026-11).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from fastavro import parse_schema
from fastavro.write import Writer

from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of
from local_athena.sql.types import Field, Type

Columns = Sequence[tuple[str, Type]]
_PLAIN = {
    "boolean": "boolean",
    "integer": "int",
    "bigint": "long",
    "real": "float",
    "double": "double",
    "varchar": "string",
    "varbinary": "bytes",
}
_CODECS = {"none": "null", "zstd": "zstandard"}
_INSTEAD = {"tinyint": "integer", "smallint": "integer", "char": "varchar"}


class AvroWriter:
    """An open Avro file."""

    def __init__(self, path: Path, columns: Columns, codec: str) -> None:
        self._columns = columns
        schema = parse_schema(avro_schema(columns))
        self._stream = path.open("wb")
        self._writer = Writer(self._stream, schema, codec=_CODECS.get(codec, codec))

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows, as Arrow gives their values."""
        for row in rows:
            self._writer.write(
                {
                    name: _value(item, type_)
                    for item, (name, type_) in zip(row, self._columns, strict=True)
                }
            )

    def close(self) -> None:
        """Finish the file."""
        self._writer.flush()
        self._stream.close()


def avro_schema(columns: Columns) -> dict[str, Any]:
    """The schema of the files' records.

    Raises:
        SqlError: NOT_SUPPORTED for a type that Avro lacks, or a map without text keys.
    """
    fresh = count()
    return {
        "type": "record",
        "name": "table",
        "fields": [
            {"name": name, "type": ["null", _schema(type_, name, fresh)], "default": None}
            for name, type_ in columns
        ],
    }


def _schema(type_: Type, column: str, fresh: "count[int]") -> Any:
    base = type_.base
    if base in _PLAIN:
        return _PLAIN[base]
    if base == "date":
        return {"type": "int", "logicalType": "date"}
    if base == "timestamp":
        return {"type": "long", "logicalType": "timestamp-millis"}
    if base == "decimal":
        precision, scale = type_.arguments
        return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
    if base == "array":
        return {"type": "array", "items": ["null", _schema(element_of(type_), column, fresh)]}
    if base == "map":
        key, value = entry_of(type_)
        if key.base != "varchar":
            raise SqlError(
                "NOT_SUPPORTED", f"Column '{column}' has a non-varchar map key, Avro has none"
            )
        return {"type": "map", "values": ["null", _schema(value, column, fresh)]}
    if base == "row":
        fields = [field for field in type_.arguments if isinstance(field, Field)]
        return {
            "type": "record",
            "name": f"row{next(fresh)}",
            "fields": [
                {
                    "name": field.name or "",
                    "type": ["null", _schema(field.type, column, fresh)],
                    "default": None,
                }
                for field in fields
            ],
        }
    instead = f" Use {_INSTEAD[base]} instead." if base in _INSTEAD else ""
    raise SqlError(
        "NOT_SUPPORTED", f"Column '{column}' is {base}, which is not supported by Avro.{instead}"
    )


def _value(value: Any, type_: Type) -> Any:
    """An Arrow value as fastavro takes it: instants with a zone, maps as dicts."""
    if value is None:
        return None
    base = type_.base
    if base == "timestamp" and isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if base == "array":
        return [_value(item, element_of(type_)) for item in value]
    if base == "map":
        pairs = value.items() if isinstance(value, dict) else value
        return {key: _value(item, entry_of(type_)[1]) for key, item in pairs}
    if base == "row":
        fields = [field for field in type_.arguments if isinstance(field, Field)]
        return {
            field.name or "": _value(item, field.type)
            for field, item in zip(fields, value.values(), strict=True)
        }
    return value
