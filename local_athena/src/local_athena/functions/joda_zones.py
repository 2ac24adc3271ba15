"""Zones in patterns of dates: their names (`EST`), offsets (`-05:00`) and ids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from local_athena.functions.joda_elements import Bucket, Malformed, Shown
from local_athena.functions.zone_names import zone_name
from local_athena.sql.instants import is_summer

_LINKS = Path(__file__).with_name("zone_links.jsonl")
"""Ids that Joda-Time knows by another (US/Eastern is America/New_York), as a Trino 476 answers."""
_UNKNOWN = frozenset(("Factory", "localtime"))
_MINUTE = 60_000
_READ_NAMES = {
    "UTC": "UTC",
    "UT": "UTC",
    "GMT": "UTC",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
}


@dataclass(frozen=True)
class ZoneName:
    """`EST`, or `Eastern Standard Time`. Read are a few short names only."""

    long: bool

    def show(self, shown: Shown) -> str:
        zone = shown.zone
        if zone == "UTC":
            return "Coordinated Universal Time" if self.long else "UTC"
        if zone[0] in "+-":
            return zone
        instant = shown.wall // 1000 - shown.offset
        return zone_name(zone, summer=is_summer(zone, instant), long=self.long)

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        for name, zone in _READ_NAMES.items():
            if text.startswith(name, position):
                bucket.zone = zone
                return position + len(name)
        raise Malformed(position)


@dataclass(frozen=True)
class ZoneId:
    """`America/New_York`."""

    def show(self, shown: Shown) -> str:
        return shown.zone

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        slash = text.find("/", position)
        prefix = text[position : slash + 1] if slash >= 0 else ""
        found = ""
        for zone in _ids().get(prefix, ()):
            if len(zone) > len(found) and text.startswith(zone, position):
                found = zone
        if not found:
            raise Malformed(position)
        bucket.zone = _links().get(found, found)
        return position + len(found)


@cache
def _ids() -> dict[str, list[str]]:
    """Ids by what stands before their first slash, with it."""
    found: dict[str, list[str]] = {}
    for zone in available_timezones() - _UNKNOWN:
        region, slash, _ = zone.partition("/")
        found.setdefault(region + slash if slash else "", []).append(zone)
    return found


@cache
def _links() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _LINKS.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        found.update(dict.fromkeys(record["links"], record["zone"]))
    return found


@dataclass(frozen=True)
class ZoneOffset:
    """`-0500`, with a colon or not. Read are both, hours alone, seconds and their fraction too."""

    colon: bool

    def show(self, shown: Shown) -> str:
        hours, minutes = divmod(abs(shown.offset) // 60, 60)
        sign = "-" if shown.offset < 0 else "+"
        return f"{sign}{hours:02}{':' if self.colon else ''}{minutes:02}"

    def read(self, text: str, position: int, bucket: Bucket) -> int:
        if text[position : position + 1].upper() == "Z":
            bucket.offset = 0
            return position + 1
        sign = text[position : position + 1]
        if sign not in ("+", "-"):
            raise Malformed(position)
        hours = _two_digits(text, position + 1)
        if hours is None or hours > 23:
            raise Malformed(position + 1)
        milliseconds, end = _smaller_parts(text, position + 3)
        total = hours * 60 * _MINUTE + milliseconds
        bucket.offset = -total if sign == "-" else total
        return end


def _two_digits(text: str, position: int) -> int | None:
    digits = text[position : position + 2]
    return int(digits) if len(digits) == 2 and digits.isascii() and digits.isdigit() else None


def _smaller_parts(text: str, position: int) -> tuple[int, int]:
    """Minutes, seconds and fraction behind an offset's hours as milliseconds; where they end."""
    colon = text[position : position + 1] == ":"
    total = 0
    for size in (_MINUTE, 1000):
        start = position
        if colon:
            if text[position : position + 1] != ":":
                return total, position
            start += 1
        part = _two_digits(text, start)
        if part is None and not colon and not _is_digit(text[start : start + 1]):
            return total, position
        if part is None or part > 59:
            raise Malformed(start)
        total, position = total + part * size, start + 2
    if colon:
        if text[position : position + 1] not in (".", ","):
            return total, position
        position += 1
    end = position
    while end < position + 3 and _is_digit(text[end : end + 1]):
        end += 1
    if colon and end == position:
        raise Malformed(position)
    return total + int(text[position:end].ljust(3, "0")), end


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"
