"""Iceberg's column counts and bounds, from the footer of a written Parquet file.

Bounds follow `write.metadata.metrics.default` = truncate(16): text and bytes are cut, an upper
bound rounded up. A column for which some row group lacks statistics has no bounds, nor has a
floating column with NaN.
"""

from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

from pyiceberg.conversions import to_bytes
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BinaryType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IcebergType,
    ListType,
    MapType,
    PrimitiveType,
    StringType,
    StructType,
    UUIDType,
)
from pyiceberg.utils.truncate import (
    truncate_upper_bound_binary_string,
    truncate_upper_bound_text_string,
)

BOUND_LENGTH = 16
_WIDE = Context(prec=40)


@dataclass
class FileStatistics:
    """By field id, as a DataFile has them; `split_offsets` are the row groups' first bytes."""

    column_sizes: dict[int, int] = field(default_factory=dict)
    value_counts: dict[int, int] = field(default_factory=dict)
    null_value_counts: dict[int, int] = field(default_factory=dict)
    nan_value_counts: dict[int, int] = field(default_factory=dict)
    lower_bounds: dict[int, bytes] = field(default_factory=dict)
    upper_bounds: dict[int, bytes] = field(default_factory=dict)
    split_offsets: list[int] = field(default_factory=list)


def leaf_fields(schema: Schema) -> dict[str, tuple[int, PrimitiveType, bool]]:
    """By the leaf's path in Parquet: (field id, type, whether it lies in no list or map)."""
    found: dict[str, tuple[int, PrimitiveType, bool]] = {}

    def visit(path: str, number: int, kind: IcebergType, plain: bool) -> None:
        match kind:
            case StructType():
                for part in kind.fields:
                    visit(f"{path}.{part.name}", part.field_id, part.field_type, plain)
            case ListType():
                visit(f"{path}.list.element", kind.element_id, kind.element_type, False)
            case MapType():
                visit(f"{path}.key_value.key", kind.key_id, kind.key_type, False)
                visit(f"{path}.key_value.value", kind.value_id, kind.value_type, False)
            case PrimitiveType():
                found[path] = (number, kind, plain)

    for top in schema.fields:
        visit(top.name, top.field_id, top.field_type, True)
    return found


def file_statistics(metadata: Any, schema: Schema) -> FileStatistics:
    """The statistics of a file that DuckDB wrote with `schema`.

    A floating column's chunk of DuckDB (1.5.5) has bounds unless it holds a NaN, or NULLs alone.
    """
    result = FileStatistics()
    leaves = leaf_fields(schema)
    bounds: dict[int, tuple[Any, Any]] = {}
    unknown: set[int] = set()
    maybe_nan: set[int] = set()
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        result.split_offsets.append(_first_byte(group.column(0)))
        for index in range(metadata.num_columns):
            chunk = group.column(index)
            field_id, kind, plain = leaves[chunk.path_in_schema]
            _add(result.column_sizes, field_id, chunk.total_compressed_size)
            if plain:
                _add(result.value_counts, field_id, metadata.row_group(number).num_rows)
            else:
                _add(result.value_counts, field_id, chunk.num_values)
            statistics = chunk.statistics
            if statistics is None or not statistics.has_null_count:
                unknown.add(field_id)
                maybe_nan.add(field_id)
                continue
            _add(result.null_value_counts, field_id, statistics.null_count)
            if not statistics.has_min_max and statistics.null_count < chunk.num_values:
                maybe_nan.add(field_id)
            if not plain or field_id in unknown:
                continue
            if not statistics.has_min_max:
                if statistics.null_count < group.num_rows:
                    unknown.add(field_id)
                continue
            low, high = raw_value(kind, statistics, "min"), raw_value(kind, statistics, "max")
            if low is None or high is None:
                unknown.add(field_id)
                continue
            before = bounds.get(field_id)
            bounds[field_id] = (
                (low, high) if before is None else (min(low, before[0]), max(high, before[1]))
            )
    kinds = {number: kind for number, kind, plain in leaves.values()}
    for field_id, kind in kinds.items():
        if isinstance(kind, FloatType | DoubleType) and field_id not in maybe_nan:
            result.nan_value_counts[field_id] = 0
    for field_id, (low, high) in bounds.items():
        if field_id in unknown:
            continue
        low_bytes, high_bytes = bound_bytes(kinds[field_id], low, high)
        result.lower_bounds[field_id] = low_bytes
        if high_bytes is not None:
            result.upper_bounds[field_id] = high_bytes
    result.split_offsets.sort()
    return result


def bound_bytes(kind: PrimitiveType, low: Any, high: Any) -> tuple[bytes, bytes | None]:
    """Lower and upper bound as bytes; no upper bound where none of that length exists."""
    upper: Any = high
    if isinstance(kind, StringType):
        low = low[:BOUND_LENGTH]
        upper = truncate_upper_bound_text_string(high, BOUND_LENGTH)
    elif isinstance(kind, BinaryType):
        low = low[:BOUND_LENGTH]
        upper = truncate_upper_bound_binary_string(high, BOUND_LENGTH)
    elif isinstance(kind, FloatType | DoubleType):
        low = -0.0 if low == 0 else low
        upper = 0.0 if high == 0 else high
    return to_bytes(kind, low), None if upper is None else to_bytes(kind, upper)


def raw_value(kind: PrimitiveType, statistics: Any, which: str) -> Any:
    """`min` or `max` of a column chunk as Iceberg stores values; None when it cannot be told."""
    try:
        raw = getattr(statistics, f"{which}_raw")
    except (AttributeError, ValueError, NotImplementedError):
        return None
    if raw is None:
        return None
    match kind:
        case StringType():
            return bytes(raw).decode("utf-8") if isinstance(raw, bytes) else raw
        case UUIDType():
            return UUID(bytes=bytes(raw))
        case BinaryType() | FixedType():
            return bytes(raw)
        case DecimalType():
            unscaled = (
                int.from_bytes(raw, "big", signed=True) if isinstance(raw, bytes) else int(raw)
            )
            return Decimal(unscaled).scaleb(-kind.scale, _WIDE)
        case FloatType() | DoubleType():
            return float(raw)
    return raw


def _add(counts: dict[int, int], key: int, value: int) -> None:
    counts[key] = counts.get(key, 0) + value


def _first_byte(chunk: Any) -> int:
    offsets = [chunk.data_page_offset]
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        offsets.append(chunk.dictionary_page_offset)
    return int(min(offsets))
