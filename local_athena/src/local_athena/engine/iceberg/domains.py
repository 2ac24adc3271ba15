"""Which files may hold a row that a predicate wants, from partition values and column bounds.

Values are as Iceberg stores them: int, float, str, bytes, bool, Decimal, UUID; a date is days since
1970-01-01, a time or timestamp microseconds. Pruning only ever keeps too much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    IdentityTransform,
    TimeTransform,
    TruncateTransform,
    VoidTransform,
)
from pyiceberg.types import (
    BinaryType,
    DoubleType,
    FloatType,
    IcebergType,
    PrimitiveType,
    StringType,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Values from `low` to `high`; None is open; ends belong to it unless said otherwise."""

    low: Any = None
    high: Any = None
    low_inclusive: bool = True
    high_inclusive: bool = True

    def overlaps(self, low: Any, high: Any) -> bool:
        """Whether some value of `low` to `high` (both inclusive) may lie in it."""
        if self.low is not None and (
            high < self.low or (high == self.low and not self.low_inclusive)
        ):
            return False
        return not (
            self.high is not None
            and (low > self.high or (low == self.high and not self.high_inclusive))
        )

    @property
    def single(self) -> bool:
        """Whether it is one value."""
        return self.low is not None and self.low == self.high


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a column may be: any of the spans, or NULL if `null`."""

    spans: tuple[Span, ...]
    null: bool = False

    def may_match(self, low: Any, high: Any) -> bool:
        """Whether a value between `low` and `high`, both inclusive, may be allowed."""
        if low is None or high is None:
            return True
        return any(span.overlaps(low, high) for span in self.spans)


Restrictions = Mapping[int, Allowed]
"""By field id; a field that is missing may be anything."""


def _project(allowed: Allowed, field: PartitionField, source: IcebergType) -> Allowed | None:
    """What the partition value may be when the source column is `allowed`; None: anything."""
    transform = field.transform
    if isinstance(transform, IdentityTransform):
        return allowed
    if isinstance(transform, VoidTransform) or not transform.can_transform(source):
        return None
    apply = transform.transform(source)
    if isinstance(transform, BucketTransform):
        if not all(span.single for span in allowed.spans):
            return None
        buckets = (apply(span.low) for span in allowed.spans)
        return Allowed(tuple(Span(bucket, bucket) for bucket in buckets), allowed.null)
    if isinstance(transform, TruncateTransform | TimeTransform):
        return Allowed(
            tuple(
                Span(
                    None if span.low is None else apply(_inner(span.low, span.low_inclusive, 1)),
                    None
                    if span.high is None
                    else apply(_inner(span.high, span.high_inclusive, -1)),
                )
                for span in allowed.spans
            ),
            allowed.null,
        )
    return None


def _inner(end: Any, inclusive: bool, step: int) -> Any:
    """The outermost value inside an end; of whole numbers the next one when the end is left out."""
    return end + step if isinstance(end, int) and not inclusive else end


def partition_restrictions(
    restrictions: Restrictions, spec: PartitionSpec, schema: Schema
) -> dict[int, Allowed]:
    """What the partition values of `spec` may be, by position in the spec."""
    found: dict[int, Allowed] = {}
    for position, field in enumerate(spec.fields):
        allowed = restrictions.get(field.source_id)
        if allowed is None:
            continue
        try:
            source = schema.find_type(field.source_id)
        except ValueError:
            continue  # the column was dropped
        projected = _project(allowed, field, source)
        if projected is not None:
            found[position] = projected
    return found


def manifest_may_match(
    manifest: ManifestFile, partition: Mapping[int, Allowed], types: Sequence[IcebergType]
) -> bool:
    """Whether a manifest may list a wanted file, by its partition summaries."""
    summaries = manifest.partitions
    if not summaries:
        return True
    for position, allowed in partition.items():
        summary, kind = summaries[position], types[position]
        if not isinstance(kind, PrimitiveType):
            continue
        if allowed.null and summary.contains_null:
            continue
        if summary.lower_bound is None or summary.upper_bound is None:
            if summary.contains_null and summary.contains_nan is False:
                return False
            continue
        low: Any = from_bytes(kind, summary.lower_bound)
        high: Any = from_bytes(kind, summary.upper_bound)
        if isinstance(kind, FloatType | DoubleType) and (
            summary.contains_nan is not False or isnan(low) or isnan(high)
        ):
            continue
        if not allowed.may_match(low, high):
            return False
    return True


def partition_may_match(values: Any, partition: Mapping[int, Allowed]) -> bool:
    """Whether a file with these partition values may hold a wanted row."""
    for position, allowed in partition.items():
        value = values[position]
        if value is None:
            if not allowed.null:
                return False
        elif isinstance(value, float) and isnan(value):
            continue
        elif not allowed.may_match(value, value):
            return False
    return True


def file_may_match(file: DataFile, restrictions: Restrictions, schema: Schema) -> bool:
    """Whether a data file may hold a wanted row, by its counts and bounds."""
    lower, upper = file.lower_bounds or {}, file.upper_bounds or {}
    nulls, values = file.null_value_counts or {}, file.value_counts or {}
    for field_id, allowed in restrictions.items():
        null_count, value_count = nulls.get(field_id), values.get(field_id)
        if allowed.null and null_count != 0:
            continue
        if null_count is not None and null_count == value_count:
            return False
        low_bytes, high_bytes = lower.get(field_id), upper.get(field_id)
        if low_bytes is None or high_bytes is None:
            continue
        kind = schema.find_type(field_id)
        if not isinstance(kind, PrimitiveType):
            continue
        if isinstance(kind, FloatType | DoubleType) and (
            (file.nan_value_counts or {}).get(field_id) != 0
        ):
            continue
        if not allowed.may_match(bound_value(kind, low_bytes), bound_value(kind, high_bytes)):
            return False
    return True


def bound_value(kind: PrimitiveType, data: bytes) -> Any:
    """A bound's value; files older than a promotion hold the narrow form (4 bytes for a long)."""
    if isinstance(kind, StringType | BinaryType):
        return data.decode("utf-8", "replace") if isinstance(kind, StringType) else data
    width = {"long": 8, "double": 8}.get(str(kind))
    if width == 8 and len(data) == 4:
        if str(kind) == "long":
            return int.from_bytes(data, "little", signed=True)
        return from_bytes(FloatType(), data)
    return from_bytes(kind, data)
