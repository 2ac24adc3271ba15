"""Partition transforms: as Athena's texts name them, and as DuckDB SQL that computes their values.

`bucket` is a Python function behind DuckDB (murmur3 as the specification says); the rest is SQL.
A computed value is what Iceberg stores: days, months, hours since 1970 as int, a bucket's number,
microseconds for an identity timestamp.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import mmh3
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    VoidTransform,
    YearTransform,
)
from pyiceberg.types import (
    BinaryType,
    DateType,
    DecimalType,
    FixedType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)
from pyiceberg.utils.decimal import decimal_to_bytes

from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError

_TEXT = re.compile(
    r"""\s*(?:(?P<transform>[a-z]+)\s*\(\s*(?P<first>[^,()]+?)\s*(?:,\s*(?P<second>[^,()]+?)\s*)?\)
        |(?P<column>[^()]+?))\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_TIME: dict[str, Callable[[], Transform[Any, Any]]] = {
    "year": YearTransform,
    "month": MonthTransform,
    "day": DayTransform,
    "hour": HourTransform,
}


def parse_partitioning(text: str) -> tuple[str, str, int | None]:
    """(transform, column, argument) of one text of Athena's `partitioning` (`bucket(id, 16)`).

    Raises:
        SqlError: INVALID_TABLE_PROPERTY when it has no such form.
    """
    found = _TEXT.match(text)
    if found is None:
        raise _bad(text)
    if found["column"]:
        return "identity", _unquote(found["column"]), None
    name, first, second = found["transform"].lower(), found["first"], found["second"]
    if second is None:
        return name, _unquote(first), None
    if second.isdigit():
        return name, _unquote(first), int(second)
    if first.isdigit():
        return name, _unquote(second), int(first)
    raise _bad(text)


def _unquote(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in '"`':
        text = text[1:-1]
    return text.lower()


def _bad(text: str) -> SqlError:
    return SqlError(
        "INVALID_TABLE_PROPERTY",
        f"Unable to parse partitioning value: Invalid partition field: {text}",
    )


def build_spec(fields: Sequence[tuple[str, str, int | None]], schema: Schema) -> PartitionSpec:
    """The partition spec of (transform, column, argument) triples, named as Iceberg does.

    Raises:
        SqlError: COLUMN_NOT_FOUND, or INVALID_TABLE_PROPERTY for a transform that does not fit.
    """
    found: list[PartitionField] = []
    names: set[str] = set()
    for number, (name, column, argument) in enumerate(fields):
        try:
            source = schema.find_field(column, case_sensitive=False)
        except ValueError:
            raise SqlError(
                "COLUMN_NOT_FOUND", f"Partition column '{column}' does not exist"
            ) from None
        transform, label = _transform(name, column, argument)
        if not transform.can_transform(source.field_type):
            raise SqlError(
                "INVALID_TABLE_PROPERTY",
                f"Invalid source type {source.field_type} for transform: {transform}",
            )
        if label in names:
            raise SqlError(
                "INVALID_TABLE_PROPERTY", f"Cannot use partition name more than once: {label}"
            )
        names.add(label)
        found.append(
            PartitionField(
                source_id=source.field_id,
                field_id=PARTITION_FIELD_ID_START + number,
                transform=transform,
                name=label,
            )
        )
    return PartitionSpec(*found, spec_id=0)


def _transform(name: str, column: str, argument: int | None) -> tuple[Transform[Any, Any], str]:
    if name == "identity" and argument is None:
        return IdentityTransform(), column
    if name in _TIME and argument is None:
        return _TIME[name](), f"{column}_{name}"
    if name == "void" and argument is None:
        return VoidTransform(), f"{column}_null"
    if name == "bucket" and argument:
        return BucketTransform(argument), f"{column}_bucket"
    if name in ("truncate", "trunc") and argument:
        return TruncateTransform(argument), f"{column}_trunc"
    shown = column if argument is None else f"{column}, {argument}"
    raise _bad(f"{name}({shown})")


def athena_text(field: PartitionField, schema: Schema) -> str:
    """A partition field as Athena's DDL shows it: `bucket(16, id)`, `day(ts)`, `region`."""
    column = schema.find_column_name(field.source_id) or "?"
    match field.transform:
        case BucketTransform(num_buckets=number):
            return f"bucket({number}, {column})"
        case TruncateTransform(width=width):
            return f"truncate({width}, {column})"
        case IdentityTransform():
            return column
    return f"{field.transform}({column})"


def partition_expression(transform: Transform[Any, Any], kind: IcebergType, text: str) -> str:
    """DuckDB SQL of a partition value, from a value in the engine's representation."""
    if isinstance(kind, TimestamptzType):
        text = f"({text}).instant"
    match transform:
        case IdentityTransform():
            return _stored(kind, text)
        case VoidTransform():
            return "CAST(NULL AS INTEGER)"
        case YearTransform():
            return f"CAST(year({text}) - 1970 AS INTEGER)"
        case MonthTransform():
            return f"CAST((year({text}) - 1970) * 12 + month({text}) - 1 AS INTEGER)"
        case DayTransform():
            return f"CAST(CAST({text} AS DATE) - DATE '1970-01-01' AS INTEGER)"
        case HourTransform():
            return f"CAST(epoch_us(date_trunc('hour', {text})) // 3600000000 AS INTEGER)"
        case TruncateTransform(width=width):
            return _truncate(width, kind, text)
        case BucketTransform(num_buckets=number):
            return _bucket(number, kind, text)
    raise SqlError("NOT_SUPPORTED", f"partition transform {transform} is not supported")


def _stored(kind: IcebergType, text: str) -> str:
    match kind:
        case DateType():
            return f"CAST({text} - DATE '1970-01-01' AS INTEGER)"
        case TimestampType() | TimestamptzType():
            return f"epoch_us({text})"
        case TimeType():
            return f"epoch_us({text})"
    return text


def _truncate(width: int, kind: IcebergType, text: str) -> str:
    match kind:
        case IntegerType() | LongType():
            return f"({text} - ((({text} % {width}) + {width}) % {width}))"
        case DecimalType():
            scaled = f"CAST(replace(CAST({text} AS VARCHAR), '.', '') AS HUGEINT)"
            unit = f"CAST({width} AS HUGEINT)"
            cut = f"({scaled} - ((({scaled} % {unit}) + {unit}) % {unit}))"
            return _unscale(cut, kind)
        case StringType():
            return f"left({text}, {width})"
        case BinaryType():
            return f"unhex(left(hex({text}), {2 * width}))"
    raise SqlError("NOT_SUPPORTED", f"truncate of {kind} is not supported")


def _unscale(text: str, kind: DecimalType) -> str:
    digits = f"CAST({text} AS DECIMAL(38,0))"
    if kind.scale == 0:
        return f"CAST({digits} AS DECIMAL({kind.precision},0))"
    plain = f"CAST(abs({digits}) AS VARCHAR)"
    width = f"CAST(greatest(len({plain}), {kind.scale + 1}) AS INTEGER)"
    padded = f"lpad({plain}, {width}, '0')"
    return (
        f"CAST((CASE WHEN {digits} < 0 THEN '-' ELSE '' END) || "
        f"left({padded}, len({padded}) - {kind.scale}) || '.' || right({padded}, {kind.scale}) "
        f"AS DECIMAL({kind.precision},{kind.scale}))"
    )


def _bucket(number: int, kind: IcebergType, text: str) -> str:
    def of_long(value: int) -> int:
        return _hash(value.to_bytes(8, "little", signed=True)) % number

    def of_text(value: str) -> int:
        return _hash(value.encode()) % number

    def of_bytes(value: bytes) -> int:
        return _hash(value) % number

    def of_decimal(value: Any) -> int:
        return _hash(decimal_to_bytes(value)) % number

    match kind:
        case StringType():
            return call_python(f"bucket_text_{number}", of_text, [text], ["VARCHAR"], "INTEGER")
        case BinaryType() | FixedType():
            return call_python(f"bucket_bytes_{number}", of_bytes, [text], ["BLOB"], "INTEGER")
        case UUIDType():
            data = f"unhex(replace(CAST({text} AS VARCHAR), '-', ''))"
            return call_python(f"bucket_bytes_{number}", of_bytes, [data], ["BLOB"], "INTEGER")
        case DecimalType():
            exact = f"DECIMAL({kind.precision},{kind.scale})"
            return call_python(f"bucket_decimal_{number}", of_decimal, [text], [exact], "INTEGER")
    long = f"CAST({_stored(kind, text)} AS BIGINT)"
    return call_python(f"bucket_long_{number}", of_long, [long], ["BIGINT"], "INTEGER")


def _hash(data: bytes) -> int:
    return mmh3.hash(data) & 0x7FFFFFFF
