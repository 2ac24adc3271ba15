"""Instants: from the text of a source's clock to UTC, a whole column at a time.

Texts may carry an offset (`Z`, `-03:00`); those without one are wall time of the source's zone.
An hour that daylight saving repeats takes its first offset and is marked ambiguous. An hour
that daylight saving skips (a clock that was not set) takes the offset before the change, which
moves it forward by the gap, as java.time and Python's `fold=0` do; it is marked as shifted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Int64s = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
DateOrder = Literal["ymd", "dmy", "mdy"]

_SECOND = 1_000_000
_DAY = 86_400
_YEAR = 31_556_952 * _SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
"""Changes of offsets are looked for in these years; before and after them a zone has none."""
_FIRST = -62_135_596_800 * _SECOND  # 0001-01-01, the first day that dates have here
_TIME = (
    r"(?:[T ]+(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?::(?P<second>\d{2}))?"
    r"(?:[.,](?P<fraction>\d{1,9}))?(?: ?(?P<half>[AaPp])[Mm])?)?"
    r" ?(?P<offset>Z|z|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
# Wall times that Arrow reads, all but those of a 29th of February.
_PLAIN = (
    r"^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8])) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$"
)
_PATTERNS: dict[DateOrder, str] = {
    "ymd": r"^(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})" + _TIME,
    "dmy": r"^(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})" + _TIME,
    "mdy": r"^(?P<month>\d{1,2})[-/](?P<day>\d{1,2})[-/](?P<year>\d{4})" + _TIME,
}


@dataclass(frozen=True, slots=True)
class Instants:
    """A column of instants; all arrays have one element a row.

    `micros` are microseconds since 1970 UTC (0 where not `is_valid`).
    """

    micros: Int64s
    is_valid: Flags
    is_ambiguous: Flags
    is_shifted: Flags


@dataclass(frozen=True, slots=True)
class _Zone:
    """Changes of a zone's offset, in order; all in microseconds.

    Wall times from `boundary[i]` on have `offset[i + 1]`. `low[i]` to `high[i]` is the wall
    time that the change repeats (`is_repeat[i]`) or skips.
    """

    boundary: Int64s
    offset: Int64s
    low: Int64s
    high: Int64s
    is_repeat: Flags


def parse_instants(text: pa.Array, zone: str, order: DateOrder = "ymd") -> Instants:
    """Read a column of texts, already trimmed; null and unreadable texts are not valid.

    `order` is that of the parts of a date: `ymd` (ISO 8601), `dmy` or `mdy` (spreadsheets).
    """
    if order == "ymd":
        read = _cast(text, None)
        if read is not None:
            return _from_wall_time(*read, zone)
        is_plain = pc.match_substring_regex(text, pattern=_PLAIN)
        if pc.any(is_plain).as_py() and not pc.all(is_plain).as_py():
            return _parse_apart(text, np.asarray(is_plain.fill_null(True), np.bool_), zone)
        read = _cast(text, "UTC")
        if read is not None:
            no = np.zeros(len(text), dtype=np.bool_)
            return Instants(*read, no, no)
    return _parse_carefully(text, zone, order)


def _parse_carefully(text: pa.Array, zone: str, order: DateOrder) -> Instants:
    micros, is_valid, has_offset = _parse_by_pattern(text, order)
    if order != "ymd" and not is_valid.all():
        # A spreadsheet leaves alone what it does not take for a date: those texts stay ISO 8601.
        iso_micros, is_iso, iso_offset = _parse_by_pattern(text, "ymd")
        micros = np.where(is_valid, micros, iso_micros)
        is_valid, has_offset = is_valid | is_iso, has_offset | iso_offset
    local = _from_wall_time(micros, is_valid & ~has_offset, zone)
    return Instants(
        np.where(has_offset, micros, local.micros),
        is_valid,
        local.is_ambiguous,
        local.is_shifted,
    )


def _cast(text: pa.Array, zone: str | None) -> tuple[Int64s, Flags] | None:
    """Microseconds and validity, where Arrow reads all texts, with an offset or without."""
    try:
        parsed = pc.cast(text, pa.timestamp("us", tz=zone))
    except pa.ArrowInvalid:
        return None
    micros = np.asarray(parsed.cast(pa.int64()).fill_null(0), dtype=np.int64)
    is_valid = np.asarray(parsed.is_valid(), dtype=np.bool_) & (micros >= _FIRST)
    return np.where(is_valid, micros, 0), is_valid


def _parse_apart(text: pa.Array, is_plain: Flags, zone: str) -> Instants:
    """Plain texts, which are read quickly, and the others."""
    plain = parse_instants(text.filter(pa.array(is_plain)), zone)
    others = _parse_carefully(text.filter(pa.array(~is_plain)), zone, "ymd")

    def together(name: str) -> Any:
        values = np.empty(len(text), dtype=getattr(plain, name).dtype)
        values[is_plain], values[~is_plain] = getattr(plain, name), getattr(others, name)
        return values

    return Instants(*map(together, ("micros", "is_valid", "is_ambiguous", "is_shifted")))


def _parse_by_pattern(text: pa.Array, order: DateOrder) -> tuple[Int64s, Flags, Flags]:
    """Microseconds (UTC where an offset was given, else wall time), validity, has offset."""
    parts = pc.extract_regex(text, pattern=_PATTERNS[order])
    matched = np.asarray(parts.is_valid(), dtype=np.bool_)

    def texts(name: str) -> Any:
        return pc.fill_null(pc.struct_field(parts, name), "")

    def number(name: str, default: str) -> Int64s:
        values = texts(name)
        filled = pc.if_else(pc.equal(values, ""), default, values)
        return np.asarray(pc.cast(filled, pa.int64()), dtype=np.int64)

    year, month, day = number("year", "1970"), number("month", "1"), number("day", "1")
    hour, minute, second = number("hour", "0"), number("minute", "0"), number("second", "0")
    fraction = pc.utf8_slice_codeunits(pc.utf8_rpad(texts("fraction"), 6, "0"), 0, 6)
    micro = np.asarray(pc.cast(fraction, pa.int64()), dtype=np.int64)
    half = pc.utf8_upper(texts("half"))
    is_am = np.asarray(pc.equal(half, "A"), dtype=np.bool_)
    is_pm = np.asarray(pc.equal(half, "P"), dtype=np.bool_)
    clock = matched & np.where(is_am | is_pm, (hour >= 1) & (hour <= 12), hour < 24)
    hour = np.where(is_am & (hour == 12), 0, np.where(is_pm & (hour < 12), hour + 12, hour))
    calendar = matched & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1)
    months = (np.where(calendar, (year - 1970) * 12 + month - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(calendar, day - 1, 0)
    is_valid = (
        calendar & clock & (days.astype("datetime64[M]") == months) & (minute < 60) & (second < 60)
    )
    offset_text = texts("offset")
    has_offset = np.asarray(pc.not_equal(offset_text, ""), dtype=np.bool_)
    offset, offset_is_valid = _parse_offsets(offset_text)
    is_valid = is_valid & offset_is_valid
    seconds = days.astype(np.int64) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return np.where(is_valid, seconds * _SECOND + micro, 0), is_valid, has_offset & is_valid


def _parse_offsets(text: Any) -> tuple[Int64s, Flags]:
    """Seconds east of UTC of `Z`, `+hh:mm`, `+hhmm`, `+hh`; 0 for an absent offset."""
    digits = pc.utf8_rpad(
        pc.replace_substring_regex(text, pattern="[^0-9]", replacement=""), 4, "0"
    )
    hours = np.asarray(pc.cast(pc.utf8_slice_codeunits(digits, 0, 2), pa.int64()), dtype=np.int64)
    minutes = np.asarray(pc.cast(pc.utf8_slice_codeunits(digits, 2, 4), pa.int64()), dtype=np.int64)
    is_west = np.asarray(pc.starts_with(text, "-"), dtype=np.bool_)
    seconds = hours * 3_600 + minutes * 60
    return np.where(is_west, -seconds, seconds), (hours <= 14) & (minutes < 60)


def _from_wall_time(wall: Int64s, is_valid: Flags, zone: str) -> Instants:
    changes = _load_zone(zone, *_years_around(wall, is_valid))
    position = np.searchsorted(changes.boundary, wall, side="right")
    micros = np.where(is_valid, wall - changes.offset[position], 0)
    if not len(changes.boundary):
        no = np.zeros(len(wall), dtype=np.bool_)
        return Instants(micros, is_valid, no, no)
    # A repeated or skipped hour ends at the boundary that follows it.
    near = np.minimum(position, len(changes.boundary) - 1)
    inside = is_valid & (wall >= changes.low[near]) & (wall < changes.high[near])
    return Instants(
        micros, is_valid, inside & changes.is_repeat[near], inside & ~changes.is_repeat[near]
    )


def _years_around(wall: Int64s, is_valid: Flags) -> tuple[int, int]:
    """The first and the last year whose changes the wall times may meet."""
    known = wall[is_valid]
    if not len(known):
        return _LAST_YEAR, _LAST_YEAR
    years = (1970 + known.min() // _YEAR - 1, 1970 + known.max() // _YEAR + 1)
    first, last = np.clip(years, _FIRST_YEAR, _LAST_YEAR)
    return int(first), int(last)


@lru_cache(maxsize=64)
def _load_zone(name: str, first_year: int, last_year: int) -> _Zone:
    """The changes of a zone in these years."""
    zone = ZoneInfo(name)
    first = _offset_at(zone, _start_of(first_year))
    years = range(first_year, last_year + 1)
    changes = [change for year in years for change in _find_changes(name, year)]
    at = np.array([change[0] for change in changes], dtype=np.int64)
    old = np.array([change[1] for change in changes], dtype=np.int64)
    new = np.array([change[2] for change in changes], dtype=np.int64)
    low_wall, high_wall = at + np.minimum(old, new), at + np.maximum(old, new)
    return _Zone(
        boundary=high_wall * _SECOND,
        offset=np.concatenate([[first], new]).astype(np.int64) * _SECOND,
        low=low_wall * _SECOND,
        high=high_wall * _SECOND,
        is_repeat=new < old,
    )


@cache
def _find_changes(name: str, year: int) -> list[tuple[int, int, int]]:
    """When a zone changes its offset in a year of UTC, to the second, with the offsets before and
    after; out of the tz database, which is asked for every day."""
    zone = ZoneInfo(name)
    changes: list[tuple[int, int, int]] = []
    start, end = _start_of(year), _start_of(year + 1)
    before = _offset_at(zone, start)
    for moment in range(start + _DAY, end + _DAY, _DAY):
        after = _offset_at(zone, moment)
        if after != before:
            low, high = moment - _DAY, moment
            while high - low > 1:
                middle = (low + high) // 2
                is_before = _offset_at(zone, middle) == before
                low, high = (middle, high) if is_before else (low, middle)
            changes.append((high, before, after))
            before = after
    return changes


def _start_of(year: int) -> int:
    """Seconds from 1970 to the first of January, UTC."""
    return int((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())


def _offset_at(zone: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - an aware datetime always has one
    return int(offset.total_seconds())
