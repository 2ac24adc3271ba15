"""Between a file's columns and the engine's: DuckDB expressions that translate each way.

The engine's side is the representation of `sql.representation`: rows are STRUCTs with fields f0,
f1, ...; a timestamp with time zone is STRUCT(instant, zone); maps have their keys sorted. A file's
side has the table's own names, and columns are found by FIELD ID.
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    PrimitiveType,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

_ID = b"PARQUET:field_id"
_ZONED = "STRUCT(instant TIMESTAMP, zone VARCHAR)"
_STORED = {
    BooleanType: "BOOLEAN",
    IntegerType: "INTEGER",
    LongType: "BIGINT",
    FloatType: "FLOAT",
    DoubleType: "DOUBLE",
    DateType: "DATE",
    TimeType: "TIME",
    TimestampType: "TIMESTAMP",
    TimestamptzType: "TIMESTAMP WITH TIME ZONE",
    StringType: "VARCHAR",
    BinaryType: "BLOB",
    FixedType: "BLOB",
    UUIDType: "UUID",
}


def quote_name(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A DuckDB string literal."""
    return "'" + text.replace("'", "''") + "'"


def stored_type(kind: IcebergType) -> str:
    """The DuckDB type in which DuckDB writes it to a file."""
    match kind:
        case DecimalType():
            return f"DECIMAL({kind.precision},{kind.scale})"
        case ListType():
            return f"{stored_type(kind.element_type)}[]"
        case MapType():
            return f"MAP({stored_type(kind.key_type)}, {stored_type(kind.value_type)})"
        case StructType():
            inner = ", ".join(
                f"{quote_name(field.name)} {stored_type(field.field_type)}" for field in kind.fields
            )
            return f"STRUCT({inner})"
    return _STORED[type(kind)]  # type: ignore[index]


def engine_type(kind: IcebergType) -> str:
    """The DuckDB type in which the engine holds it."""
    match kind:
        case TimestamptzType():
            return _ZONED
        case ListType():
            return f"{engine_type(kind.element_type)}[]"
        case MapType():
            return f"MAP({engine_type(kind.key_type)}, {engine_type(kind.value_type)})"
        case StructType():
            inner = ", ".join(
                f"f{index} {engine_type(field.field_type)}"
                for index, field in enumerate(kind.fields)
            )
            return f"STRUCT({inner})"
    return stored_type(kind)


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a data file, or a part of one; `id` is None where the file gives none."""

    id: int | None
    name: str
    kind: Any
    children: tuple["FileColumn", ...]

    def child(self, field_id: int) -> "FileColumn | None":
        """The part with that field id."""
        return next((part for part in self.children if part.id == field_id), None)


def file_columns(schema: pa.Schema) -> tuple[FileColumn, ...]:
    """The columns of a Parquet file's Arrow schema, with their field ids."""
    return tuple(_file_column(field) for field in schema)


def _file_column(field: pa.Field) -> FileColumn:
    kind = field.type
    if pa.types.is_struct(kind):
        children = tuple(_file_column(kind.field(index)) for index in range(kind.num_fields))
    elif pa.types.is_map(kind):
        children = (_file_column(kind.key_field), _file_column(kind.item_field))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        children = (_file_column(kind.value_field),)
    else:
        children = ()
    number = (field.metadata or {}).get(_ID)
    return FileColumn(int(number) if number is not None else None, field.name, kind, children)


_ARROW_SAME: dict[type[PrimitiveType], tuple[Any, ...]] = {
    BooleanType: (pa.bool_(),),
    IntegerType: (pa.int32(),),
    LongType: (pa.int64(),),
    FloatType: (pa.float32(),),
    DoubleType: (pa.float64(),),
    DateType: (pa.date32(),),
    TimeType: (pa.time64("us"),),
    TimestampType: (pa.timestamp("us"),),
    StringType: (pa.string(), pa.large_string()),
    BinaryType: (pa.binary(), pa.large_binary()),
}


def read_expression(kind: IcebergType, column: FileColumn, text: str) -> str:
    """DuckDB SQL of a file's column, read as `text`, in the engine's representation of `kind`."""
    match kind:
        case StructType():
            parts = []
            for index, field in enumerate(kind.fields):
                part = column.child(field.field_id)
                value = missing_value(field)
                if part is not None:
                    inner = f"struct_extract({text}, {quote_text(part.name)})"
                    value = read_expression(field.field_type, part, inner)
                parts.append(f"f{index} := {value}")
            return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
        case ListType():
            element = read_expression(kind.element_type, column.children[0], "e")
            return text if element == "e" else f"list_transform({text}, lambda e: {element})"
        case MapType():
            key = read_expression(kind.key_type, column.children[0], "e.key")
            value = read_expression(kind.value_type, column.children[1], "e.value")
            entries = f"map_entries({text})"
            if (key, value) != ("e.key", "e.value"):
                pair = f"struct_pack(key := {key}, value := {value})"
                entries = f"list_transform({entries}, lambda e: {pair})"
            return f"map_from_entries(list_sort({entries}))"
        case TimestamptzType():
            instant = f"CAST({text} AS TIMESTAMP)"
            return (
                f"CASE WHEN {text} IS NOT NULL THEN "
                f"struct_pack(instant := {instant}, zone := 'UTC') END"
            )
        case UUIDType():
            if column.kind == pa.binary(16):
                return f"CAST(hex({text}) AS UUID)"
            return text
        case DecimalType():
            if column.kind == pa.decimal128(kind.precision, kind.scale):
                return text
        case FixedType():
            return text
        case PrimitiveType():
            if column.kind in _ARROW_SAME[type(kind)]:
                return text
    return f"CAST({text} AS {stored_type(kind)})"


def missing_value(field: NestedField) -> str:
    """The value of a column that a file does not have."""
    return f"CAST(NULL AS {engine_type(field.field_type)})"


def write_expression(kind: IcebergType, text: str) -> str:
    """DuckDB SQL that stores an engine's value: real names, zoned instants as one."""
    match kind:
        case StructType():
            parts = ", ".join(
                f"{quote_name(field.name)} := "
                + write_expression(field.field_type, f"struct_extract({text}, 'f{index}')")
                for index, field in enumerate(kind.fields)
            )
            return f"CASE WHEN {text} IS NOT NULL THEN struct_pack({parts}) END"
        case ListType():
            element = write_expression(kind.element_type, "e")
            return text if element == "e" else f"list_transform({text}, lambda e: {element})"
        case MapType():
            key = write_expression(kind.key_type, "e.key")
            value = write_expression(kind.value_type, "e.value")
            if (key, value) == ("e.key", "e.value"):
                return text
            pair = f"struct_pack(key := {key}, value := {value})"
            return f"map_from_entries(list_transform(map_entries({text}), lambda e: {pair}))"
        case TimestamptzType():
            return f"CAST({text}.instant AS TIMESTAMP WITH TIME ZONE)"
    return text


def field_ids(fields: tuple[NestedField, ...]) -> str:
    """DuckDB's FIELD_IDS of a COPY that writes these fields."""
    parts = (f"{quote_name(part.name)}: {_ids(part.field_id, part.field_type)}" for part in fields)
    return "{" + ", ".join(parts) + "}"


def _ids(number: int, kind: IcebergType) -> str:
    match kind:
        case StructType():
            parts = [(quote_name(f.name), f.field_id, f.field_type) for f in kind.fields]
        case ListType():
            parts = [("element", kind.element_id, kind.element_type)]
        case MapType():
            parts = [
                ("key", kind.key_id, kind.key_type),
                ("value", kind.value_id, kind.value_type),
            ]
        case _:
            return str(number)
    inner = ", ".join(f"{name}: {_ids(part, of)}" for name, part, of in parts)
    return f"{{__duckdb_field_id: {number}, {inner}}}"
