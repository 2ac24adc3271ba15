"""Sets of values that a column may have: ranges, points, NULL.

Values are Python's: int, Decimal, str, bool, `datetime.date` for a date, a naive
`datetime.datetime` in UTC for a timestamp with or without zone. Text orders by code point, as
Trino's does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any


@dataclass(frozen=True, slots=True)
class Range:
    """Values from `low` to `high`; None is open; an end belongs to it unless said otherwise."""

    low: Any = None
    high: Any = None
    low_inclusive: bool = True
    high_inclusive: bool = True

    @property
    def single(self) -> bool:
        """Whether it is one value."""
        return self.low is not None and self.low == self.high

    def holds(self, value: Any) -> bool:
        """Whether the value lies in it."""
        if self.low is not None and (
            value < self.low or (value == self.low and not self.low_inclusive)
        ):
            return False
        return self.high is None or (
            value < self.high or (value == self.high and self.high_inclusive)
        )

    def overlaps(self, low: Any, high: Any) -> bool:
        """Whether some value from `low` to `high`, both inclusive, None open, lies in it."""
        if (
            self.low is not None
            and high is not None
            and (high < self.low or (high == self.low and not self.low_inclusive))
        ):
            return False
        return (
            self.high is None
            or low is None
            or low < self.high
            or (low == self.high and self.high_inclusive)
        )


@dataclass(frozen=True, slots=True)
class Domain:
    """Ranges in order that do not touch, and whether NULL belongs to it."""

    ranges: tuple[Range, ...]
    null: bool

    @property
    def is_all(self) -> bool:
        """Whether it restricts nothing."""
        return self.null and self.ranges == (_EVERYTHING,)

    @property
    def is_none(self) -> bool:
        """Whether nothing belongs to it."""
        return not self.null and not self.ranges

    @property
    def points(self) -> tuple[Any, ...] | None:
        """Its values, if it is a list of single ones; NULL is told apart by `null`."""
        if all(span.single for span in self.ranges):
            return tuple(span.low for span in self.ranges)
        return None

    def admits(self, value: Any) -> bool:
        """Whether a value, or NULL for None, belongs to it."""
        if value is None:
            return self.null
        return any(span.holds(value) for span in self.ranges)

    def overlaps(self, low: Any, high: Any, null: bool = False) -> bool:
        """Whether something of a file may belong to it.

        The file's values lie from `low` to `high`, both inclusive, None where not known; `null`
        says that there may be NULLs too.
        """
        return (null and self.null) or any(span.overlaps(low, high) for span in self.ranges)

    def intersect(self, other: Domain) -> Domain:
        """What belongs to both."""
        if self.is_all:
            return other
        if other.is_all:
            return self
        return Domain(tuple(_common(self.ranges, other.ranges)), self.null and other.null)

    def union(self, other: Domain) -> Domain:
        """What belongs to one of them."""
        return Domain(_merged((*self.ranges, *other.ranges)), self.null or other.null)

    def complement(self) -> Domain:
        """The values that do not belong to it; NULL does not belong to the result."""
        found: list[Range] = []
        low: Any = None
        low_inclusive = True
        for span in self.ranges:
            if span.low is not None:
                found.append(Range(low, span.low, low_inclusive, not span.low_inclusive))
            if span.high is None:
                return Domain(tuple(found), False)
            low, low_inclusive = span.high, not span.high_inclusive
        found.append(Range(low, None, low_inclusive))
        return Domain(tuple(found), False)

    def with_null(self, null: bool) -> Domain:
        """The same values, with or without NULL."""
        return self if self.null == null else Domain(self.ranges, null)


_EVERYTHING = Range()
ALL = Domain((_EVERYTHING,), True)
NOT_NULL = Domain((_EVERYTHING,), False)
ONLY_NULL = Domain((), True)
NONE = Domain((), False)


def points(values: Iterable[Any]) -> Domain:
    """These values, NULL not among them."""
    return Domain(_merged(Range(value, value) for value in values), False)


def between(low: Any, high: Any, low_inclusive: bool = True, high_inclusive: bool = True) -> Domain:
    """The values of a range; None is open; NONE where the range is empty."""
    span = Range(low, high, low_inclusive, high_inclusive)
    return NONE if _empty(span) else Domain((span,), False)


def from_ranges(ranges: Iterable[Range], null: bool) -> Domain:
    """Any ranges, put in order."""
    return Domain(_merged(span for span in ranges if not _empty(span)), null)


def _empty(span: Range) -> bool:
    if span.low is None or span.high is None:
        return False
    if span.low == span.high:
        return not (span.low_inclusive and span.high_inclusive)
    return bool(span.low > span.high)


def _by_low(left: Range, right: Range) -> int:
    if left.low is None or right.low is None:
        return (left.low is not None) - (right.low is not None)
    if left.low == right.low:
        return right.low_inclusive - left.low_inclusive
    return -1 if left.low < right.low else 1


def _by_high(left: Range, right: Range) -> int:
    if left.high is None or right.high is None:
        return (left.high is None) - (right.high is None)
    if left.high == right.high:
        return left.high_inclusive - right.high_inclusive
    return -1 if left.high < right.high else 1


def _merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    found: list[Range] = []
    for span in sorted(ranges, key=cmp_to_key(_by_low)):
        if found and _touch(found[-1], span):
            if _by_high(found[-1], span) < 0:
                last = found[-1]
                found[-1] = Range(last.low, span.high, last.low_inclusive, span.high_inclusive)
        else:
            found.append(span)
    return tuple(found)


def _touch(left: Range, right: Range) -> bool:
    """Whether no value lies between a range and the next one."""
    if left.high is None or right.low is None:
        return True
    if left.high == right.low:
        return left.high_inclusive or right.low_inclusive
    return bool(right.low < left.high)


def _common(left: tuple[Range, ...], right: tuple[Range, ...]) -> Iterator[Range]:
    i = j = 0
    while i < len(left) and j < len(right):
        a, b = left[i], right[j]
        low = a if _by_low(a, b) >= 0 else b
        high = a if _by_high(a, b) <= 0 else b
        span = Range(low.low, high.high, low.low_inclusive, high.high_inclusive)
        if not _empty(span):
            yield span
        if high is a:
            i += 1
        else:
            j += 1
