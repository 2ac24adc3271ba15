"""From a file's columns to the representation of the table's declared Trino types, as DuckDB SQL.

What Athena converts when a file's type differs from the table's is converted; the rest is
HIVE_BAD_DATA. Source: Athena user guide, "Updates in tables with partitions" and Trino's
ParquetPageSourceFactory. Timestamps are rounded half up to milliseconds, as Trino does.
"""

from itertools import count

import pyarrow as pa
from pyarrow import types as at

from local_athena.sql.representation import (
    duckdb_type,
    element_of,
    entry_of,
    quote_text,
)
from local_athena.sql.types import Field, Type

_NUMBER = frozenset({"tinyint", "smallint", "integer", "bigint"})
_WIDTHS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}


class Mismatch(Exception):  # noqa: N818  (caught and worded by the scan)
    """A file's type that the declared type cannot hold."""


def convert(
    text: str, found: pa.DataType, declared: Type, fresh: "count[int] | None" = None
) -> str:
    """SQL that reads `text` (of the file's type) as the declared type.

    Returns `text` itself where nothing has to change, so that filters reach the file.

    Raises:
        Mismatch: Athena would not read it.
    """
    fresh = fresh if fresh is not None else count()
    base = declared.base
    if at.is_dictionary(found):
        found = found.value_type
    if isinstance(found, pa.BaseExtensionType):
        found = found.storage_type
    if at.is_null(found):
        return f"CAST(NULL AS {duckdb_type(declared)})"
    if base == "boolean" and at.is_boolean(found):
        return text
    if base in _NUMBER and at.is_integer(found):
        exact = at.is_signed_integer(found) and found.bit_width == _WIDTHS[base]
        return text if exact else f"CAST({text} AS {duckdb_type(declared)})"
    if base in _NUMBER and at.is_decimal(found) and found.scale == 0:
        return f"CAST({text} AS {duckdb_type(declared)})"
    if base == "real" and at.is_float32(found):
        return text
    if base == "double" and at.is_floating(found):
        return text if at.is_float64(found) else f"CAST({text} AS DOUBLE)"
    if base == "decimal" and (at.is_decimal(found) or at.is_integer(found)):
        same = at.is_decimal(found) and (found.precision, found.scale) == declared.arguments
        return text if same else f"CAST({text} AS {duckdb_type(declared)})"
    if base in ("varchar", "char") and _is_text(found):
        return _text(text, found, declared)
    if base == "varbinary" and _is_text(found):
        return f"encode({text})" if at.is_string(found) or at.is_large_string(found) else text
    if base == "date" and at.is_date(found):
        return text
    if base == "timestamp" and at.is_timestamp(found):
        return _timestamp(text, found, declared)
    if base == "array" and (at.is_list(found) or at.is_large_list(found)):
        return _list(text, found, declared, fresh)
    if base == "map" and at.is_map(found):
        return _map(text, found, declared, fresh)
    if base == "row" and at.is_struct(found):
        return _row(text, found, declared, fresh)
    raise Mismatch


def _is_text(found: pa.DataType) -> bool:
    return bool(
        at.is_string(found)
        or at.is_large_string(found)
        or at.is_binary(found)
        or at.is_large_binary(found)
    )


def _text(text: str, found: pa.DataType, declared: Type) -> str:
    read = text if at.is_string(found) or at.is_large_string(found) else f"decode({text})"
    (length,) = declared.arguments
    if length is None:
        return read
    if declared.base == "char":
        return f"rpad({read}, {length}, ' ')"
    return f"left({read}, {length})"


def _timestamp(text: str, found: pa.DataType, declared: Type) -> str:
    read = f"CAST({text} AS TIMESTAMP)" if found.tz is not None or found.unit == "ns" else text
    if found.unit in ("s", "ms") or declared.arguments != (3,):
        return read
    return rounded_to_milliseconds(read)


def rounded_to_milliseconds(text: str) -> str:
    """A TIMESTAMP rounded half up to whole milliseconds, before 1970 too."""
    moved = f"(epoch_us({text}) + 500)"
    return f"make_timestamp({moved} - ((({moved} % 1000) + 1000) % 1000))"


def _list(text: str, found: pa.DataType, declared: Type, fresh: "count[int]") -> str:
    name = f"e{next(fresh)}"
    element = convert(name, found.value_type, element_of(declared), fresh)
    return text if element == name else f"list_transform({text}, lambda {name}: {element})"


def _map(text: str, found: pa.DataType, declared: Type, fresh: "count[int]") -> str:
    name = f"e{next(fresh)}"
    key_type, value_type = entry_of(declared)
    key = convert(f"{name}.key", found.key_type, key_type, fresh)
    value = convert(f"{name}.value", found.item_type, value_type, fresh)
    entry = f"struct_pack(key := {key}, value := {value})"
    entries = f"list_transform(map_entries({text}), lambda {name}: {entry})"
    return f"CASE WHEN {text} IS NOT NULL THEN map_from_entries(list_sort({entries})) END"


def _row(text: str, found: pa.DataType, declared: Type, fresh: "count[int]") -> str:
    inner = {
        found.field(index).name.lower(): found.field(index) for index in range(found.num_fields)
    }
    parts = []
    names = {(field.name or "").lower() for field in declared.arguments if isinstance(field, Field)}
    if names.isdisjoint(inner):  # nothing of it is in the file: as if the column were missing
        return f"CAST(NULL AS {duckdb_type(declared)})"
    for index, field in enumerate(declared.arguments):
        if not isinstance(field, Field):
            raise Mismatch
        part = inner.get((field.name or "").lower())
        if part is None:
            value = f"CAST(NULL AS {duckdb_type(field.type)})"
        else:
            extracted = f"struct_extract({text}, {quote_text(part.name)})"
            value = convert(extracted, part.type, field.type, fresh)
        parts.append(f"f{index} := {value}")
    return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"


def describe(found: pa.DataType) -> str:
    """The Parquet type's name as Trino's message has it."""
    names = {
        "bool": "BOOLEAN",
        "int8": "INT32",
        "int16": "INT32",
        "int32": "INT32",
        "int64": "INT64",
        "float": "FLOAT",
        "double": "DOUBLE",
        "string": "BINARY",
        "large_string": "BINARY",
        "binary": "BINARY",
        "date32[day]": "INT32",
    }
    text = str(found)
    if text in names:
        return names[text]
    if at.is_timestamp(found):
        return "INT64"
    if at.is_decimal(found):
        return "FIXED_LEN_BYTE_ARRAY"
    return "group" if at.is_nested(found) else text
