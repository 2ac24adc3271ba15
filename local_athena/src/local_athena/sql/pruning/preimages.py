"""What a column may be when a function of it lies in a domain.

Only functions that never go down as their argument goes up, never fail, and give NULL for NULL
alone are here; the result may be larger than the truth, never smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import ceil, floor, isfinite
from typing import Any

from local_athena.sql.pruning.constants import INTEGERS
from local_athena.sql.pruning.domains import Domain, Range, from_ranges
from local_athena.sql.types import Type

_INSTANTS = ("timestamp", "timestamp with time zone")
# How far a truncation moves a value at most.
_LENGTHS = {
    "millisecond": timedelta(milliseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "quarter": timedelta(days=92),
    "year": timedelta(days=366),
}
_EXACT_FLOAT = 1 << 52


def _mapped(domain: Domain, change: Callable[[Range], Range | None]) -> Domain | None:
    """Each range changed; None when one of them cannot be."""
    found = []
    for span in domain.ranges:
        changed = change(span)
        if changed is None:
            return None
        found.append(changed)
    return from_ranges(found, domain.null)


def of_cast(source: Type, target: Type, domain: Domain) -> Domain | None:
    """What the operand of a CAST may be; None: anything."""
    if source == target:
        return domain
    pair = (source.base, target.base)
    if source.base in INTEGERS and target.base in (*INTEGERS, "decimal", "double"):
        return _mapped(domain, _whole)
    if pair == ("decimal", "decimal"):
        return _of_decimal(source, target, domain)
    if pair == ("varchar", "varchar"):
        return domain if _at_least(target.arguments[0], source.arguments[0]) else None
    if source.base == "date" and target.base in _INSTANTS:
        return _mapped(domain, _days)
    if pair == ("timestamp", "date"):
        return _mapped(domain, lambda span: _midnights(span, timedelta()))
    if pair == ("timestamp with time zone", "date"):
        return _mapped(domain, lambda span: _midnights(span, timedelta(days=1)))
    if source.base in _INSTANTS and target.base in _INSTANTS:
        return _of_instant(source, target, domain)
    return None


def _of_instant(source: Type, target: Type, domain: Domain) -> Domain | None:
    slack = timedelta()
    if source.base == "timestamp with time zone" and target.base == "timestamp":
        slack = timedelta(days=1)  # the wall clock of any zone
    if not _at_least(target.arguments[0], source.arguments[0]):
        digits = target.arguments[0]
        slack += timedelta(microseconds=10 ** max(0, 6 - int(str(digits))))
    return _mapped(domain, lambda span: _widened(span, slack))


def _at_least(target: object, source: object) -> bool:
    """Whether a length or precision loses nothing of another; None is without limit."""
    if target is None:
        return True
    return isinstance(target, int) and isinstance(source, int) and target >= source


def _of_decimal(source: Type, target: Type, domain: Domain) -> Domain | None:
    scale = target.arguments[1]
    if _at_least(scale, source.arguments[1]):
        return domain
    unit = Decimal(1).scaleb(-int(str(scale)))
    return _mapped(domain, lambda span: _widened(span, unit))


def _whole(span: Range) -> Range | None:
    """The whole numbers of a range of numbers."""
    low, high = span.low, span.high
    for end in (low, high):
        if isinstance(end, float) and not (isfinite(end) and abs(end) < _EXACT_FLOAT):
            return None
    if low is not None:
        low = floor(low) + 1 if low == floor(low) and not span.low_inclusive else ceil(low)
    if high is not None:
        high = ceil(high) - 1 if high == ceil(high) and not span.high_inclusive else floor(high)
    return Range(low, high)


def _days(span: Range) -> Range:
    """The dates whose midnights lie in a range of instants."""
    low, high = span.low, span.high
    if low is not None:
        at_midnight = low.time() == time() and span.low_inclusive
        low = low.date() if at_midnight else _day_after(low.date())
        if low is None:
            return Range(date.max, date.min)
    if high is not None:
        if high.time() == time() and not span.high_inclusive:
            if high.date() == date.min:
                return Range(date.max, date.min)
            high = high.date() - timedelta(days=1)
        else:
            high = high.date()
    return Range(low, high)


def _day_after(day: date) -> date | None:
    return None if day == date.max else day + timedelta(days=1)


def _midnights(span: Range, slack: timedelta) -> Range:
    """The instants of a range of days, and as much before and after as `slack` says."""
    low = None if span.low is None else datetime.combine(span.low, time())
    after = None if span.high is None else _day_after(span.high)
    high = None if after is None else datetime.combine(after, time())
    return _widened(Range(low, high, True, False), slack)


def _widened(span: Range, slack: Any) -> Range:
    """A range with both ends moved outwards; an end that cannot be moved is open."""
    if not slack:
        return span
    low = None if span.low is None else _moved(span.low, -slack)
    high = None if span.high is None else _moved(span.high, slack)
    return Range(low, high)


def _moved(value: Any, by: Any) -> Any:
    try:
        return value + by
    except (OverflowError, ArithmeticError):
        return None


def of_shift(by: timedelta, domain: Domain) -> Domain | None:
    """What x may be when x + `by` lies in the domain."""

    def back(span: Range) -> Range | None:
        low = None if span.low is None else _moved(span.low, -by)
        high = None if span.high is None else _moved(span.high, -by)
        if (span.low is not None and low is None) or (span.high is not None and high is None):
            return None
        return Range(low, high, span.low_inclusive, span.high_inclusive)

    return _mapped(domain, back)


def of_truncation(unit: str, domain: Domain) -> Domain | None:
    """What x may be when date_trunc(unit, x) lies in the domain."""
    length = _LENGTHS.get(unit.lower())
    if length is None:
        return None

    def wider(span: Range) -> Range:
        high = None if span.high is None else _moved(span.high, length)
        return Range(span.low, high, span.low_inclusive, False)

    return _mapped(domain, wider)


def of_year(source: Type, domain: Domain) -> Domain | None:
    """What a date or timestamp may be when its year lies in the domain."""
    slack = timedelta(days=1) if source.base == "timestamp with time zone" else timedelta()

    def days(span: Range) -> Range | None:
        whole = _whole(span)
        if whole is None:
            return None
        low = None if whole.low is None or whole.low < 1 else whole.low
        high = None if whole.high is None or whole.high > 9998 else whole.high
        if (low is not None and low > 9999) or (high is not None and high < 1):
            return None
        first = None if low is None else date(low, 1, 1)
        last = None if high is None else date(high, 12, 31)
        found = Range(first, last)
        return found if source.base == "date" else _midnights(found, slack)

    return _mapped(domain, days)


def of_prefix(length: int, domain: Domain) -> Domain | None:
    """What a text may be when its first `length` characters lie in the domain."""

    def longer(span: Range) -> Range:
        high = None if span.high is None else after_prefix(span.high[:length])
        return Range(span.low, high, span.low_inclusive, False)

    return _mapped(domain, longer)


def after_prefix(prefix: str) -> str | None:
    """The least text that is greater than all that begin with `prefix`; None: there is none."""
    while prefix:
        code = ord(prefix[-1])
        prefix = prefix[:-1]
        if code < 0x10FFFF:
            following = 0xE000 if code + 1 == 0xD800 else code + 1
            return prefix + chr(following)
    return None
