"""The fields of a moment as Joda-Time has them: year, week of the week-year, clock hour, ….

A moment is an integer: milliseconds since 1970-01-01 00:00 of the clock on the wall. Years are not
bounded. `moment_of` puts parsed values together the way Joda-Time's parser does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local_athena.sql.instants import date_of, days_in, days_of

SECOND_LENGTH, MINUTE_LENGTH, HOUR_LENGTH = 1_000, 60_000, 3_600_000
_DAY = 24 * HOUR_LENGTH
_HALF, _WEEK = _DAY // 2, 7 * _DAY
_MONTH, _YEAR, _CENTURY, _FOREVER = 31 * _DAY, 366 * _DAY, 36_525 * _DAY, 1 << 63
_LEAST_MOMENT = -(1 << 63)
_YEARS = (-292_275_055, 292_278_994)
"""What Joda-Time's milliseconds in 64 bits hold."""
_DEFAULT_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a moment. `span` and `unit` are how long what it counts within and what it counts
    are, about: they say which field is the wider."""

    name: str
    span: int
    unit: int
    get: Callable[[int], int]
    put: Callable[[int, int], int]
    """(moment, value) to moment. Raises ValueError for a value that the field does not have."""
    floor: Callable[[int], int]
    """The begin of the unit."""


def moment_of(saved: Sequence[tuple[Field, int]]) -> int:
    """The moment that parsed fields say, in the order in which they were read.

    The widest is set first, on 1970-01-01 (on the year 2000 where the widest is a month, week or
    day), each cut to its begin; then all once more, because a later one may have left an earlier
    one's span, and the last is cut again.

    Raises:
        ValueError: a value that its field does not have there.
    """
    fields = _widest_first(saved)
    if fields and _DAY <= fields[0][0].unit <= _MONTH:
        fields = _widest_first([*fields, (YEAR, _DEFAULT_YEAR)])
    moment = 0
    for field, value in fields:
        moment = field.floor(field.put(moment, value))
    for field, value in fields:
        moment = field.put(moment, value)
    return fields[-1][0].floor(moment) if fields else moment


def _widest_first(saved: Sequence[tuple[Field, int]]) -> list[tuple[Field, int]]:
    return sorted(saved, key=lambda each: (-each[0].span, -each[0].unit))


def _checked(name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ValueError(f"Value {value} for {name} must be in the range [{low},{high}]")
    return value


# ---------------------------------------------------------------- dates


def _at(year: int, month: int, day: int, moment: int) -> int:
    """That day, at the moment's time of day."""
    days = days_of(year, month, min(day, days_in(year, month)))
    if days is None:
        raise ValueError(f"no such day: {year}-{month}-{day}")
    return days * _DAY + moment % _DAY


def _date(moment: int) -> tuple[int, int, int]:
    return date_of(moment // _DAY)


def _begin(year: int, month: int = 1) -> int:
    return _at(year, month, 1, 0)


def _with_year(moment: int, year: int) -> int:
    _, month, day = _date(moment)
    return _at(year, month, day, moment)


def _year(moment: int) -> int:
    return _date(moment)[0]


def _put_year(moment: int, value: int) -> int:
    return _with_year(moment, _checked("year", value, *_YEARS))


def _floor_year(moment: int) -> int:
    return _begin(_year(moment))


def _year_of_era(moment: int) -> int:
    year = _year(moment)
    return year if year > 0 else 1 - year


def _put_year_of_era(moment: int, value: int) -> int:
    _checked("yearOfEra", value, 1, _YEARS[1] - 1)
    return _with_year(moment, value if _year(moment) > 0 else 1 - value)


def _era(moment: int) -> int:
    return int(_year(moment) > 0)


def _put_era(moment: int, value: int) -> int:
    return moment if _era(moment) == value else _with_year(moment, -_year(moment))


def _floor_era(moment: int) -> int:
    return _begin(1) if _era(moment) else _LEAST_MOMENT


def _century(moment: int) -> int:
    return abs(_year(moment)) // 100


def _put_century(moment: int, value: int) -> int:
    _checked("centuryOfEra", value, 0, (_YEARS[1] - 1) // 100)
    year = _year(moment)
    made = value * 100 + abs(year) % 100
    return _with_year(moment, made if year >= 0 else -made)


def _floor_century(moment: int) -> int:
    year = _year(moment)
    return _begin(abs(year) // 100 * 100 * (1 if year >= 0 else -1))


def _put_month(moment: int, value: int) -> int:
    year, _, day = _date(moment)
    return _at(year, _checked("monthOfYear", value, 1, 12), day, moment)


def _put_day(moment: int, value: int) -> int:
    year, month, _ = _date(moment)
    return _at(year, month, _checked("dayOfMonth", value, 1, days_in(year, month)), moment)


def _day_of_year(moment: int) -> int:
    return (moment - _floor_year(moment)) // _DAY + 1


def _put_day_of_year(moment: int, value: int) -> int:
    length = 337 + days_in(_year(moment), 2)
    return moment + (_checked("dayOfYear", value, 1, length) - _day_of_year(moment)) * _DAY


def _floor_day(moment: int) -> int:
    return moment // _DAY * _DAY


# ---------------------------------------------------------------- weeks (from Monday)


def _week_day(moment: int) -> int:
    return (moment // _DAY + 3) % 7 + 1


def _put_week_day(moment: int, value: int) -> int:
    return moment + (_checked("dayOfWeek", value, 1, 7) - _week_day(moment)) * _DAY


def _floor_week(moment: int) -> int:
    return _floor_day(moment) - (_week_day(moment) - 1) * _DAY


def _week_year(moment: int) -> int:
    """The year of the week's Thursday."""
    return _year(_floor_week(moment) + 3 * _DAY)


def _first_week(week_year: int) -> int:
    """The Monday of the week that has the fourth of January."""
    return _floor_week(_begin(week_year) + 3 * _DAY)


def _weeks(week_year: int) -> int:
    return (_first_week(week_year + 1) - _first_week(week_year)) // _WEEK


def _week(moment: int) -> int:
    return (_floor_week(moment) - _first_week(_week_year(moment))) // _WEEK + 1


def _put_week(moment: int, value: int) -> int:
    high = _weeks(_week_year(moment))
    return moment + (_checked("weekOfWeekyear", value, 1, high) - _week(moment)) * _WEEK


def _put_week_year(moment: int, value: int) -> int:
    _checked("weekyear", value, *_YEARS)
    week = min(_week(moment), _weeks(value))
    return _first_week(value) + (week - 1) * _WEEK + moment - _floor_week(moment)


def _floor_week_year(moment: int) -> int:
    return _first_week(_week_year(moment))


YEAR = Field("year", _FOREVER, _YEAR, _year, _put_year, _floor_year)
YEAR_OF_ERA = Field("yearOfEra", _FOREVER, _YEAR, _year_of_era, _put_year_of_era, _floor_year)
ERA = Field("era", _FOREVER, _FOREVER, _era, _put_era, _floor_era)
CENTURY = Field("centuryOfEra", _FOREVER, _CENTURY, _century, _put_century, _floor_century)
WEEK_YEAR = Field("weekyear", _FOREVER, _YEAR, _week_year, _put_week_year, _floor_week_year)
MONTH = Field(
    "monthOfYear", _YEAR, _MONTH, lambda m: _date(m)[1], _put_month, lambda m: _begin(*_date(m)[:2])
)
WEEK = Field("weekOfWeekyear", _YEAR, _WEEK, _week, _put_week, _floor_week)
DAY_OF_YEAR = Field("dayOfYear", _YEAR, _DAY, _day_of_year, _put_day_of_year, _floor_day)
DAY = Field("dayOfMonth", _MONTH, _DAY, lambda m: _date(m)[2], _put_day, _floor_day)
WEEK_DAY = Field("dayOfWeek", _WEEK, _DAY, _week_day, _put_week_day, _floor_day)


# ---------------------------------------------------------------- clocks


def _clock(name: str, span: int, unit: int, *, from_one: bool = False) -> Field:
    """A field of the time of day. A clock hour counts from 1, its last stands for 0."""
    count = span // unit

    def get(moment: int) -> int:
        value = moment % span // unit
        return count if from_one and value == 0 else value

    def put(moment: int, value: int) -> int:
        low, high = (1, count) if from_one else (0, count - 1)
        wanted = _checked(name, value, low, high) % count
        return moment + (wanted - moment % span // unit) * unit

    return Field(name, span, unit, get, put, lambda moment: moment // unit * unit)


HALF = _clock("halfdayOfDay", _DAY, _HALF)
HOUR = _clock("hourOfDay", _DAY, HOUR_LENGTH)
CLOCK_HOUR = _clock("clockhourOfDay", _DAY, HOUR_LENGTH, from_one=True)
HALF_HOUR = _clock("hourOfHalfday", _HALF, HOUR_LENGTH)
CLOCK_HALF_HOUR = _clock("clockhourOfHalfday", _HALF, HOUR_LENGTH, from_one=True)
MINUTE = _clock("minuteOfHour", HOUR_LENGTH, MINUTE_LENGTH)
SECOND = _clock("secondOfMinute", MINUTE_LENGTH, SECOND_LENGTH)


def fraction_field(unit: int) -> Field:
    """The milliseconds within a second, minute or hour (of so many)."""
    return _clock("millisOfSecond", unit, 1)
