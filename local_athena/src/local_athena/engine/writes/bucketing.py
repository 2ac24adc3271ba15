"""Hive's buckets: which of them a row belongs to (bucketing version 1, Athena's).

Source: Trino's HiveBucketingV1 (read 2026-11): hashes of the columns are combined by 31, and the
sign bit is dropped before the remainder.
"""

import struct
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from local_athena.engine.writes.properties import WriteProperties
from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type
from local_athena.sql.types import Type

Hash = Callable[[Any], int]
_MASK = 0xFFFFFFFF
_EPOCH_DAY = date(1970, 1, 1)


def bucket_number(columns: Sequence[tuple[str, Type]], properties: WriteProperties) -> str | None:
    """SQL of a row's bucket over its columns c0, c1…; None for a table without buckets.

    Raises:
        SqlError: NOT_SUPPORTED for a column whose type has no hash here.
    """
    count = properties.bucket_count
    if count is None:
        return None
    positions = {name: index for index, (name, _) in enumerate(columns)}
    used = [columns[positions[name]] for name in properties.bucketed_by]
    hashes = [hash_of(name, type_) for name, type_ in used]
    texts = [f"c{positions[name]}" for name, _ in used]
    kinds = "_".join(type_.base for _, type_ in used)

    def bucket(*values: Any) -> int:
        return bucket_of(values, hashes, count)

    types = [duckdb_type(type_) for _, type_ in used]
    name = f"hive_bucket_{count}_{kinds}"
    return call_python(name, bucket, texts, types, "INTEGER", sees_null=True)


def bucket_of(values: Sequence[Any], hashes: Sequence[Hash], count: int) -> int:
    """The bucket of a row with these values in the bucket columns."""
    total = 0
    for value, hashed in zip(values, hashes, strict=True):
        total = (total * 31 + (0 if value is None else hashed(value))) & _MASK
    return (total & 0x7FFFFFFF) % count


def hash_of(name: str, type_: Type) -> Hash:
    """Hive's hash of a column's values.

    Raises:
        SqlError: NOT_SUPPORTED for a type that has none here.
    """
    base = type_.base
    if base in ("tinyint", "smallint", "integer"):
        return int
    if base == "boolean":
        return lambda value: 1 if value else 0
    if base == "bigint":
        return lambda value: _folded(value & 0xFFFFFFFFFFFFFFFF)
    if base == "real":
        return lambda value: int(struct.unpack(">I", struct.pack(">f", value))[0])
    if base == "double":
        return lambda value: _folded(struct.unpack(">Q", struct.pack(">d", value))[0])
    if base == "varchar":
        start = 0 if type_.arguments == (None,) else 1  # Hive's string, and its varchar(n)
        return lambda value: _text_hash(value, start)
    if base == "date":
        return lambda value: (value - _EPOCH_DAY).days
    raise SqlError(
        "NOT_SUPPORTED", f"Computation of Hive bucket hashCode is not supported for {type_}: {name}"
    )


def _folded(bits: int) -> int:
    return (bits ^ (bits >> 32)) & _MASK


def _text_hash(value: str, start: int) -> int:
    total = start
    for byte in value.encode():
        total = (total * 31 + (byte - 256 if byte > 127 else byte)) & _MASK
    return total
