"""Dates and times as java.time has them: their texts, parts for `%tX` of a format, hash codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_athena.functions import joda_fields as fields
from local_athena.functions.joda_elements import Shown
from local_athena.functions.joda_patterns import DAYS, MONTHS
from local_athena.functions.joda_zones import ZoneName
from local_athena.sql.instants import date_of, offset_at

_SECOND = 10**9
_DAY = 86_400 * _SECOND
DATE_MARKS = frozenset("YyCmBbhdeAajDF")
TIME_MARKS = frozenset("HIklMSLNpRTr")
ZONE_MARKS = frozenset("zZsQ")
MARKS = DATE_MARKS | TIME_MARKS | ZONE_MARKS | {"c"}
"""What may stand behind `%t`."""


def java_hash(text: str) -> int:
    """String.hashCode, without its sign."""
    code = 0
    units = text.encode("utf-16-le")
    for index in range(0, len(units), 2):
        code = (31 * code + int.from_bytes(units[index : index + 2], "little")) & 0xFFFFFFFF
    return code


def long_hash(value: int) -> int:
    """Long.hashCode, without its sign."""
    return (value ^ (value >> 32)) & 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class JavaTime:
    """A LocalDate, LocalTime, LocalDateTime or ZonedDateTime."""

    days: int | None = None
    """Since 1970-01-01 of its clock."""
    nanos: int | None = None
    """Of the day."""
    zone: str | None = None
    offset: int = 0
    """Seconds east of UTC."""

    @property
    def java_class(self) -> str:
        """The name that Java's errors say."""
        if self.zone is not None:
            return "java.time.ZonedDateTime"
        if self.nanos is None:
            return "java.time.LocalDate"
        return "java.time.LocalTime" if self.days is None else "java.time.LocalDateTime"

    def text(self) -> str:
        """Its toString."""
        day = "" if self.days is None else _day_text(self.days)
        if self.nanos is None:
            return day
        made = f"{day}T{_clock_text(self.nanos)}" if day else _clock_text(self.nanos)
        if self.zone is None:
            return made
        region = "" if self.zone[0] in "+-" else f"[{self.zone}]"
        return f"{made}{_offset_text(self.offset)}{region}"

    def part(self, mark: str) -> str | None:
        """What `%t` and the mark show; None where it has no such part."""
        if mark == "c":
            marks: tuple[str, ...] = ("a", "b", "d", "T", "Z", "Y")
            parts = [self.part(each) for each in marks]
            known = [part for part in parts if part is not None]
            return " ".join(known) if len(known) == len(parts) else None
        if mark in DATE_MARKS:
            return None if self.days is None else _date_parts(self.days)[mark]
        if mark in TIME_MARKS:
            return None if self.nanos is None else _time_parts(self.nanos)[mark]
        return self._zone_part(mark)

    def _zone_part(self, mark: str) -> str | None:
        if self.zone is None or self.days is None or self.nanos is None:
            return None
        seconds = self.days * 86_400 + self.nanos // _SECOND - self.offset
        if mark == "s":
            return str(seconds)
        if mark == "Q":
            return str(seconds * 1000 + self.nanos % _SECOND // 10**6)
        if mark == "z":
            minutes = abs(self.offset) // 60
            sign = "-" if self.offset < 0 else "+"
            return f"{sign}{minutes // 60:02}{minutes % 60:02}"
        return ZoneName(long=False).show(
            Shown((seconds + self.offset) * 1000, self.zone, self.offset)
        )

    def hash(self) -> int:
        """Its hashCode, without its sign."""
        code = 0 if self.nanos is None else long_hash(self.nanos)
        if self.days is not None:
            year, month, day = date_of(self.days)
            code ^= (year & 0xFFFFF800) ^ ((year << 11) + (month << 6) + day)
        if self.zone is not None:
            zone = self.offset if self.zone[0] in "+-" else java_hash(self.zone)
            zone &= 0xFFFFFFFF
            code ^= self.offset ^ ((zone << 3) | (zone >> 29))
        return code & 0xFFFFFFFF


def java_time(value: int | Mapping[str, int | str], base: str) -> JavaTime:
    """Of days (date), picoseconds (time), or microseconds `us` since 1970, further picoseconds
    `ps` and a `zone` (timestamps)."""
    if isinstance(value, int):
        return JavaTime(days=value) if base == "date" else JavaTime(nanos=(value + 500) // 1000)
    zone = str(value["zone"]) if "zone" in value else None
    instant = int(value["us"])
    offset = 0 if zone is None else offset_at(zone, instant // 10**6)
    nanos = (instant + offset * 10**6) * 1000 + (int(value["ps"]) + 500) // 1000
    return JavaTime(nanos // _DAY, nanos % _DAY, zone, offset)


def _day_text(days: int) -> str:
    year, month, day = date_of(days)
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return f"{sign}{abs(year):04}-{month:02}-{day:02}"


def _clock_text(nanos: int) -> str:
    """Seconds and fraction only where they are not zero."""
    seconds, fraction = divmod(nanos, _SECOND)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    if seconds % 60 or fraction:
        text += f":{seconds % 60:02}"
    if fraction:
        digits = f"{fraction:09}"
        text += "." + digits[: 3 if digits.endswith("000000") else 6 if digits[6:] == "000" else 9]
    return text


def _offset_text(seconds: int) -> str:
    if seconds == 0:
        return "Z"
    minutes, second = divmod(abs(seconds), 60)
    tail = f":{second:02}" if second else ""
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{tail}"


def _date_parts(days: int) -> dict[str, str]:
    year, month, day = date_of(days)
    of_era = year if year > 0 else 1 - year
    moment = days * 86_400_000
    week_day = DAYS[fields.WEEK_DAY.get(moment) - 1]
    return {
        "Y": f"{of_era:04}",
        "y": f"{of_era % 100:02}",
        "C": f"{of_era // 100:02}",
        "m": f"{month:02}",
        "B": MONTHS[month - 1],
        "b": MONTHS[month - 1][:3],
        "h": MONTHS[month - 1][:3],
        "d": f"{day:02}",
        "e": str(day),
        "A": week_day,
        "a": week_day[:3],
        "j": f"{fields.DAY_OF_YEAR.get(moment):03}",
        "D": f"{month:02}/{day:02}/{of_era % 100:02}",
        "F": _day_text(days),
    }


def _time_parts(nanos: int) -> dict[str, str]:
    seconds, fraction = divmod(nanos, _SECOND)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    half = hour % 12 or 12
    noon = "am" if hour < 12 else "pm"
    return {
        "H": f"{hour:02}",
        "k": str(hour),
        "I": f"{half:02}",
        "l": str(half),
        "M": f"{minute:02}",
        "S": f"{second:02}",
        "L": f"{fraction // 10**6:03}",
        "N": f"{fraction:09}",
        "p": noon,
        "R": f"{hour:02}:{minute:02}",
        "T": f"{hour:02}:{minute:02}:{second:02}",
        "r": f"{half:02}:{minute:02}:{second:02} {noon.upper()}",
    }
