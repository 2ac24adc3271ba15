"""Dates, times and zones from text, as Trino's literals have them.

All arithmetic is on integers: days since 1970-01-01 in the proleptic Gregorian calendar,
picoseconds, minutes east of UTC. Years may leave Python's 1 to 9999. Every reader returns None for
text that is no such value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from local_athena.sql.zone_names import offset_text, zone_info

PICOSECONDS_A_SECOND = 10**12
PICOSECONDS_A_DAY = 86_400 * PICOSECONDS_A_SECOND
MAX_DIGITS = 12

_DATE = re.compile(r"\s*([+-]?\d+)-(\d{1,2})-(\d{1,2})\s*\Z", re.ASCII)
_TIMESTAMP = re.compile(
    r"\s*([+-]?\d{4,})-(\d{1,2})-(\d{1,2})"
    r"(?: (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?\s*(\S.*?)?)?\s*\Z",
    re.ASCII,
)
_TIME = re.compile(
    r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?\s*(?:([+-])(\d{1,2}):(\d{2}))?\s*\Z",
    re.ASCII,
)
_MAX_OFFSET_MINUTES = 14 * 60
_DAYS = range(-(2**31), 2**31)
_MICROSECONDS = range(-(2**63), 2**63)
_ZONED_MILLISECONDS = range(-(2**51), 2**51)
"""What a timestamp with time zone of up to three digits holds beside its zone, in 64 bits."""


def days_of(year: int, month: int, day: int) -> int | None:
    """Days since 1970-01-01; None when there is no such day."""
    if not 1 <= month <= 12 or not 1 <= day <= days_in(year, month):
        return None
    shifted = year - (month <= 2)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


def days_in(year: int, month: int) -> int:
    """Days of a month."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def date_of(days: int) -> tuple[int, int, int]:
    """(year, month, day) of days since 1970-01-01; the inverse of `days_of`."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    return era * 400 + year_of_era + (month <= 2), month, day


def is_day(days: int) -> bool:
    """Whether a date holds so many days since 1970."""
    return days in _DAYS


def is_moment(picoseconds: int, precision: int, zoned: bool) -> bool:
    """Whether a timestamp of that precision holds so many picoseconds since 1970."""
    if zoned and precision <= 3 and picoseconds // 10**9 not in _ZONED_MILLISECONDS:
        return False
    return picoseconds // 10**6 in _MICROSECONDS


def read_date(text: str) -> int | None:
    """`2020-02-29` as days since 1970-01-01."""
    match = _DATE.match(text)
    return None if match is None else days_of(int(match[1]), int(match[2]), int(match[3]))


def read_timestamp(
    text: str, zone_of: Callable[[str], str | None]
) -> tuple[int, int, str | None] | None:
    """`2020-02-29 13:14:15.678 America/New_York` as (picoseconds, digits of fraction, zone).

    Digits past the twelfth are cut. Picoseconds are since 1970-01-01 00:00:00, of the clock on the
    wall without a zone, of UTC with one. `zone_of` reads the zone's text
    (`zone_names.literal_zone`, `cast_zone`).
    """
    read = read_wall(text, zone_of)
    if read is None:
        return None
    wall, digits, zone = read
    if zone is None:
        return read
    return utc_of(wall, zone), digits, zone


def utc_of(wall: int, zone: str) -> int:
    """Picoseconds since 1970 in UTC, of those on the zone's clock."""
    seconds = offset_seconds(zone, wall // PICOSECONDS_A_SECOND)
    return wall - seconds * PICOSECONDS_A_SECOND


def is_skipped(wall: int, zone: str) -> bool:
    """Whether the zone's clocks left out that time; `wall` is in picoseconds since 1970."""
    utc = utc_of(wall, zone)
    seconds = offset_at(zone, utc // PICOSECONDS_A_SECOND)
    return utc + seconds * PICOSECONDS_A_SECOND != wall


def read_wall(
    text: str, zone_of: Callable[[str], str | None]
) -> tuple[int, int, str | None] | None:
    """As `read_timestamp`, but the picoseconds are always those of the clock on the wall."""
    match = _TIMESTAMP.match(text)
    if match is None:
        return None
    days = days_of(int(match[1]), int(match[2]), int(match[3]))
    clock = _clock(match[4] or "0", match[5] or "0", match[6] or "0", match[7] or "")
    if days is None or clock is None:
        return None
    zone = None if match[8] is None else zone_of(match[8])
    if zone is None and match[8] is not None:
        return None
    return days * PICOSECONDS_A_DAY + clock, len(match[7] or ""), zone


def read_time(text: str) -> tuple[int, int, str | None] | None:
    """`13:14:15.678 +05:30` as (picoseconds since midnight, digits of fraction, zone).

    With a zone the picoseconds are UTC's.
    """
    match = _TIME.match(text)
    if match is None:
        return None
    clock = _clock(match[1], match[2], match[3] or "0", match[4] or "")
    if clock is None:
        return None
    if match[5] is None:
        return clock, len(match[4] or ""), None
    minutes = int(match[6]) * 60 + int(match[7])
    if minutes > _MAX_OFFSET_MINUTES or int(match[7]) > 59:
        return None
    signed = -minutes if match[5] == "-" else minutes
    utc = (clock - signed * 60 * PICOSECONDS_A_SECOND) % PICOSECONDS_A_DAY
    return utc, len(match[4] or ""), offset_text(signed)


def _clock(hour: str, minute: str, second: str, fraction: str) -> int | None:
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return None
    seconds = (int(hour) * 60 + int(minute)) * 60 + int(second)
    return seconds * PICOSECONDS_A_SECOND + int(fraction[:MAX_DIGITS].ljust(MAX_DIGITS, "0"))


def offset_seconds(zone: str, wall_seconds: int) -> int:
    """Seconds east of UTC when the clock on the zone's wall shows that many seconds since 1970.

    In an hour that comes twice it is the first; in one that is skipped the offset before.
    """
    if zone[0] in "+-":
        seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        return -seconds if zone[0] == "-" else seconds
    info = None if zone == "UTC" else zone_info(zone)
    if info is None:
        return 0
    offset = _moment(wall_seconds).replace(tzinfo=info, fold=0).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def offset_at(zone: str, utc_seconds: int) -> int:
    """Seconds east of UTC that many seconds since 1970 in UTC."""
    info = None if zone == "UTC" or zone[0] in "+-" else zone_info(zone)
    if info is None:
        return offset_seconds(zone, utc_seconds)
    offset = _moment(utc_seconds).astimezone(info).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def is_summer(zone: str, utc_seconds: int) -> bool:
    """Whether a region's clocks are on daylight saving time then."""
    info = zone_info(zone)
    return info is not None and bool(_moment(utc_seconds).astimezone(info).dst())


def _moment(seconds: int) -> datetime:
    """Seconds since 1970 in UTC, years that Python does not know moved to like ones."""
    cycle = 146_097 * 86_400  # the calendar repeats after 400 years
    while seconds < -62_000_000_000:
        seconds += cycle
    while seconds > 253_000_000_000:
        seconds -= cycle
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
