"""Rows of Avro files, columns by name.

With `avro.schema.literal` the files are read as that schema says (its defaults and aliases); a
schema by URL is refused, as in Athena. Source: Athena user guide, "Avro SerDe".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
from fastavro.schema import SchemaParseException

from local_athena.engine.scans.json_values import (
    INTEGERS,
    Reader,
    bad_value,
    fitting,
    whole_within,
)
from local_athena.engine.scans.listing import DataFile
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of
from local_athena.sql.types import Field, Type


def avro_rows(
    parameters: Mapping[str, str], columns: Sequence[tuple[str, Type]], file: DataFile
) -> Iterator[list[Any]]:
    """One value for each column of each record.

    Raises:
        SqlError: HIVE_BAD_DATA when the file cannot be read, or a value does not fit its column.
    """
    schema = _schema(parameters)
    readers = [(name, _reader(type_)) for name, type_ in columns]
    try:
        with file.path.open("rb") as stream:
            for record in fastavro.reader(stream, reader_schema=schema):
                found = _lowered(record)
                yield [
                    None if found.get(name) is None else read(found[name]) for name, read in readers
                ]
    except (ValueError, EOFError, TypeError, KeyError, SchemaParseException) as error:
        raise SqlError("HIVE_BAD_DATA", f"Error reading Avro file {file.uri}: {error}") from error


def _schema(parameters: Mapping[str, str]) -> Any:
    literal = parameters.get("avro.schema.literal")
    if literal is not None and literal.strip().lower() != "none":
        try:
            return fastavro.parse_schema(json.loads(literal))
        except (ValueError, SchemaParseException) as error:
            raise SqlError("HIVE_INVALID_METADATA", f"avro.schema.literal: {error}") from error
    if parameters.get("avro.schema.url"):
        raise SqlError("NOT_SUPPORTED", "avro.schema.url is not supported: use avro.schema.literal")
    return None


def _lowered(record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise ValueError("it does not hold records")
    return {name.lower(): value for name, value in record.items()}


def _reader(type_: Type) -> Reader:
    if type_.base == "array":
        element = _reader(element_of(type_))
        return lambda value: [
            None if item is None else element(item) for item in _of_kind(list, value, type_)
        ]
    if type_.base == "map":
        key, entry = (_reader(part) for part in entry_of(type_))
        return lambda value: sorted(
            (key(name), None if item is None else entry(item))
            for name, item in _of_kind(dict, value, type_).items()
        )
    if type_.base == "row":
        return _row_reader(type_)
    return lambda value: _scalar(value, type_)


def _row_reader(type_: Type) -> Reader:
    fields = [
        ((field.name or "").lower(), _reader(field.type))
        for field in type_.arguments
        if isinstance(field, Field)
    ]

    def read(value: Any) -> dict[str, Any]:
        found = _lowered(_of_kind(dict, value, type_))
        return {
            f"f{index}": None if found.get(name) is None else reader(found[name])
            for index, (name, reader) in enumerate(fields)
        }

    return read


def _of_kind(kind: type, value: Any, type_: Type) -> Any:
    if not isinstance(value, kind):
        raise bad_value(value, type_)
    return value


def _scalar(value: Any, type_: Type) -> Any:
    base = type_.base
    if base in ("varchar", "char") and isinstance(value, (str, UUID)):
        return fitting(str(value), type_)
    if base == "boolean" and isinstance(value, bool):
        return value
    if base in INTEGERS and isinstance(value, int) and not isinstance(value, bool):
        return _fit(value, type_)
    if base in ("real", "double") and isinstance(value, (int, float)):
        return float(value)
    if base == "decimal" and isinstance(value, (Decimal, int)):
        return Decimal(value)
    if base == "varbinary" and isinstance(value, bytes):
        return value
    if base == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return value
    if base == "timestamp" and isinstance(value, datetime):
        return _rounded(value)
    raise bad_value(value, type_)


def _fit(value: int, type_: Type) -> int:
    try:
        return whole_within(value, type_)
    except ValueError as error:
        raise bad_value(value, type_) from error


def _rounded(value: datetime) -> datetime:
    """In UTC without a zone, to milliseconds, half up."""
    plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return plain.replace(microsecond=0) + timedelta(milliseconds=(plain.microsecond + 500) // 1000)
