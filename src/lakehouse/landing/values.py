"""Typed values out of text, a whole column at a time: numbers, booleans, dates and instants.

Every converter returns the typed column, which is null where the text is null or unreadable,
and two flags a row: unreadable (a text that is not of the type) and changed (the text had to be
reinterpreted, so the source's own text must be kept).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.contracts import ColumnType, Format
from lakehouse.landing.clocks import DateOrder, Flags, Int64s, parse_instants
from lakehouse.landing.text_bytes import text_bytes

_MILLI = 1_000
_DAY = 86_400_000_000
_DIGITS = 18
_PLAIN = np.isin(np.arange(256), list(b"-0123456789"))
_PLAIN_WITH_POINT = np.isin(np.arange(256), list(b"-.0123456789"))


@dataclass(frozen=True, slots=True)
class Typed:
    """A converted column. `micros` has the full precision of instants, else None."""

    values: Any
    is_unreadable: Flags
    is_changed: Flags
    is_ambiguous: Flags | None = None
    micros: Int64s | None = None


def convert(text: Any, column_type: ColumnType, source: Format, order: DateOrder) -> Typed:
    """Convert a column of trimmed texts to its contract's type."""
    match column_type.family:
        case "varchar":
            no = np.zeros(len(text), dtype=np.bool_)
            return Typed(text, no, no)
        case "integer" | "bigint":
            return _convert_integers(text, column_type, source)
        case "decimal":
            return _convert_decimals(text, column_type, source)
        case "boolean":
            return _convert_booleans(text)
        case "date":
            return _convert_dates(text, order)
        case "timestamp":
            return _convert_instants(text, source, order)


def arrow_type(column_type: ColumnType) -> pa.DataType:
    """The Arrow type that is written to Parquet for an Athena type."""
    match column_type.family:
        case "varchar":
            return pa.string()
        case "integer":
            return pa.int32()
        case "bigint":
            return pa.int64()
        case "decimal":
            return pa.decimal128(column_type.precision, column_type.scale)
        case "boolean":
            return pa.bool_()
        case "date":
            return pa.date32()
        case "timestamp":
            return pa.timestamp("ms")


def flags(mask: Any) -> Flags:
    """A boolean Arrow column as flags; null counts as False."""
    return np.asarray(pc.fill_null(mask, False), dtype=np.bool_)


def _with_point(text: Any, source: Format) -> tuple[Any, Flags]:
    """Numbers with a decimal point, and which texts were rewritten for it.

    With a decimal comma, points between groups of three digits are dropped.
    """
    if source.decimal == ".":
        return text, np.zeros(len(text), dtype=np.bool_)
    is_grouped = pc.match_substring_regex(text, pattern=r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$")
    plain = pc.if_else(is_grouped, pc.replace_substring(text, pattern=".", replacement=""), text)
    # A text that still has a point is not written as the contract says: it stays unreadable.
    has_point = pc.match_substring(plain, pattern=".")
    rewritten = pc.if_else(
        has_point, "unreadable", pc.replace_substring(plain, pattern=",", replacement=".")
    )
    return rewritten, flags(pc.not_equal(rewritten, text))


def _cast_plain(text: Any, target: pa.DataType, *, point: bool) -> Any:
    """The numbers, where all of them are plain: a minus, at most 18 digits and (`point`) a point
    that is not the first of them; None where Arrow, which takes more, might take what is not."""
    data, offsets = text_bytes(text)
    lengths = np.diff(offsets)
    if not (_PLAIN_WITH_POINT if point else _PLAIN)[data].all() or lengths.max(initial=0) > _DIGITS:
        return None
    starts = offsets[:-1][lengths > 0]
    # A minus alone is followed by another text, and is no number to Arrow either.
    digits = np.minimum(starts + (data[starts] == ord("-")), len(data) - 1)
    if (data[digits] == ord(".")).any():
        return None
    try:
        return pc.cast(text, target)
    except pa.ArrowInvalid:
        return None


def _convert_integers(text: Any, column_type: ColumnType, source: Format) -> Typed:
    plain, rewritten = _with_point(text, source)
    narrow = pa.int32() if column_type.family == "integer" else pa.int64()
    values = _cast_plain(plain, narrow, point=False)
    if values is not None:
        return _typed(text, values, rewritten)
    is_number = pc.match_substring_regex(plain, pattern=r"^[+-]?0*\d{1,19}(?:\.0+)?$")
    has_fraction = flags(pc.and_(is_number, pc.match_substring(plain, pattern=".")))
    whole = pc.if_else(is_number, plain, pa.scalar(None, pa.string()))
    if has_fraction.any():
        whole = pc.replace_substring_regex(whole, pattern=r"\.0+$", replacement="")
    whole = pc.utf8_ltrim(whole, characters="+")
    return _typed(text, _cast_within(whole, narrow), rewritten | has_fraction)


def _cast_within(whole: Any, target: pa.DataType) -> Any:
    """Integers of at most 19 digits beside zeros; null where they are beyond the type."""
    try:
        return pc.cast(whole, target)
    except pa.ArrowInvalid:
        numbers = pc.cast(whole, pa.decimal128(19, 0))
        limit = 2 ** (target.bit_width - 1)
        fits = pc.and_(
            pc.less_equal(numbers, pa.scalar(limit - 1, numbers.type)),
            pc.greater_equal(numbers, pa.scalar(-limit, numbers.type)),
        )
        return pc.cast(pc.if_else(fits, numbers, pa.scalar(None, numbers.type)), target)


def _convert_decimals(text: Any, column_type: ColumnType, source: Format) -> Typed:
    """Texts with more digits after the point than the scale, other than zeros, are unreadable."""
    precision, scale = column_type.precision or 38, column_type.scale or 0
    plain, rewritten = _with_point(text, source)
    values = _cast_plain(plain, pa.decimal128(precision, scale), point=True)
    if values is not None:
        return _typed(text, values, rewritten)
    before = rf"0*\d{{1,{precision - scale}}}" if precision > scale else "0+"
    pattern = rf"^[+-]?{before}(?:\.\d{{0,{scale}}}0*)?$"
    is_number = pc.match_substring_regex(plain, pattern=pattern)
    number = pc.if_else(is_number, plain, pa.scalar(None, pa.string()))
    point = pc.find_substring(number, pattern=".")
    after = pc.if_else(pc.less(point, 0), 1, pc.subtract(pc.binary_length(number), point))
    shortest, longest = (value.as_py() for value in pc.min_max(after).values())
    if longest is not None and longest > scale + 1:
        zeros = rf"(\.\d{{0,{scale}}})0*$"
        number = pc.replace_substring_regex(number, pattern=zeros, replacement=r"\1")
    if shortest == 1 or scale == 0:
        number = pc.utf8_rtrim(number, characters=".")
    values = pc.cast(number, pa.decimal128(precision, scale))
    return _typed(text, values, rewritten)


def _convert_booleans(text: Any) -> Typed:
    lower = pc.utf8_lower(text)
    is_true = pc.is_in(lower, value_set=pa.array(["true", "t", "1"]))
    is_false = pc.is_in(lower, value_set=pa.array(["false", "f", "0"]))
    values = pc.if_else(pc.or_(is_true, is_false), is_true, pa.scalar(None, pa.bool_()))
    return _typed(text, values, np.zeros(len(text), dtype=np.bool_))


def _convert_dates(text: Any, order: DateOrder) -> Typed:
    """A time of day other than midnight is unreadable in a date."""
    instants = parse_instants(text, "UTC", order)
    is_day = instants.is_valid & (instants.micros % _DAY == 0)
    values = pa.array(instants.micros // _DAY, pa.int64(), mask=~is_day).cast(pa.int32())
    return _typed(text, values.cast(pa.date32()), _is_reordered(text, order))


def _convert_instants(text: Any, source: Format, order: DateOrder) -> Typed:
    """Instants in UTC, cut to milliseconds. Ambiguous, shifted, cut and reordered ones changed."""
    instants = parse_instants(text, source.time_zone, order)
    millis = instants.micros // _MILLI
    values = pa.array(millis, pa.int64(), mask=~instants.is_valid).cast(pa.timestamp("ms"))
    changed = (
        instants.is_ambiguous
        | instants.is_shifted
        | (instants.micros % _MILLI != 0)
        | _is_reordered(text, order)
    )
    typed = _typed(text, values, changed & instants.is_valid)
    return Typed(
        typed.values, typed.is_unreadable, typed.is_changed, instants.is_ambiguous, instants.micros
    )


def _is_reordered(text: Any, order: DateOrder) -> Flags:
    """Texts whose parts had to be put in another order than ISO 8601."""
    if order == "ymd":
        return np.zeros(len(text), dtype=np.bool_)
    return flags(pc.invert(pc.match_substring_regex(text, pattern=r"^\d{4}-")))


def _typed(text: Any, values: Any, changed: Flags) -> Typed:
    unreadable = flags(pc.and_(text.is_valid(), values.is_null()))
    return Typed(values, unreadable, changed & ~unreadable)
