"""The day that the fields of a parsed date say, as Joda-Time's parser decides it.

Fields are set one after another, the widest first, on 1970-01-01 (on the year 2000 where the widest
is a month, week or day); then once more, because the first round may have left the year; the last
one set takes the first day of its span.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta

_ORDER = ("year", "week_year", "month", "day_of_year", "week", "day", "week_day")
_NARROW = frozenset(("month", "day_of_year", "week", "day", "week_day"))
_DEFAULT_YEAR = 2000
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097
_EPOCH = date(1970, 1, 1)


def day_of(fields: Mapping[str, int]) -> int:
    """Days since 1970-01-01. `fields` has some of year, week_year, month, day_of_year, week, day,
    week_day (1 is Monday).

    Raises:
        ValueError: a value that its field does not have there.
    """
    given = {name: fields[name] for name in _ORDER if name in fields}
    if not given:
        return 0
    if next(iter(given)) in _NARROW:
        given = {"year": _DEFAULT_YEAR, **given}
    cycles = 0
    for name in ("year", "week_year"):
        if name in given:
            cycles = (given[name] - _DEFAULT_YEAR) // _CYCLE_YEARS
            given[name] -= cycles * _CYCLE_YEARS
    day = _EPOCH
    for _ in range(2):
        for name, value in given.items():
            day = _SETTERS[name](day, value)
    day = _first_of(day, next(reversed(given)))
    return (day - _EPOCH).days + cycles * _CYCLE_DAYS


def _first_of(day: date, span: str) -> date:
    if span == "year":
        return day.replace(month=1, day=1)
    if span == "week_year":
        return date.fromisocalendar(day.isocalendar().year, 1, 1)
    if span == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if span == "week" else day


def _within(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ValueError(f"Value {value} must be in the range [{low},{high}]")
    return value


def _set_year(day: date, value: int) -> date:
    return day.replace(year=value, day=min(day.day, monthrange(value, day.month)[1]))


def _set_week_year(day: date, value: int) -> date:
    _, week, weekday = day.isocalendar()
    return date.fromisocalendar(value, min(week, _weeks(value)), weekday)


def _weeks(year: int) -> int:
    return date(year, 12, 28).isocalendar().week


def _set_month(day: date, value: int) -> date:
    _within(value, 1, 12)
    return day.replace(month=value, day=min(day.day, monthrange(day.year, value)[1]))


def _set_day_of_year(day: date, value: int) -> date:
    _within(value, 1, 366 if isleap(day.year) else 365)
    return date(day.year, 1, 1) + timedelta(days=value - 1)


def _set_week(day: date, value: int) -> date:
    year, _, weekday = day.isocalendar()
    return date.fromisocalendar(year, _within(value, 1, _weeks(year)), weekday)


def _set_day(day: date, value: int) -> date:
    return day.replace(day=_within(value, 1, monthrange(day.year, day.month)[1]))


def _set_week_day(day: date, value: int) -> date:
    return day + timedelta(days=_within(value, 1, 7) - day.isoweekday())


_SETTERS: dict[str, Callable[[date, int], date]] = {
    "year": _set_year,
    "week_year": _set_week_year,
    "month": _set_month,
    "day_of_year": _set_day_of_year,
    "week": _set_week,
    "day": _set_day,
    "week_day": _set_week_day,
}
