"""Names of time zones: what Trino knows them as, and what Java does.

A function's argument is read by Trino alone (`trino_zone`). A zone behind a clock must be one of
Java's first (`java.time.ZoneId.of`): Trino then reads a literal's text as it stands, and Java's id
of a cast one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_athena.sql.errors import SqlError

_ETC = "Etc/"
_UTC_NAMES = frozenset(("UTC", "Z", "GMT", "UT", "UCT", "GMT0", "Greenwich", "Universal", "Zulu"))
_ETC_UNKNOWN = frozenset(("Etc/Zulu", "Etc/Greenwich", "Etc/Z"))
"""Names of UTC that Trino 476 lacks."""
_JAVA_PREFIXES = ("UTC", "GMT", "UT")
_PREFIXED = re.compile(r"(UTC|GMT|UT)([+-])(\d{1,2})(?::(\d{1,2}))?", re.ASCII)
_OFFSET = re.compile(
    r"([+-])(?:(\d)|(\d\d)|(\d\d):(\d\d)|(\d\d):(\d\d):(\d\d)|(\d\d)(\d\d)|(\d\d)(\d\d)(\d\d))",
    re.ASCII,
)
"""The forms of `java.time.ZoneOffset.of`."""
_UNKNOWN = frozenset(("EST", "MST", "HST", "ROC", "GMT+0", "GMT-0", "Factory", "localtime"))
"""Names of the zone database that Java does not know."""
_SYSTEM_V = re.compile(r"SystemV/(AST4|EST5|CST6|MST7|PST8|YST9)(\1DT)?|SystemV/HST10")
_MAX_MINUTES = 14 * 60
_JAVA_MAX_SECONDS = 18 * 3600


def trino_zone(text: str) -> str | None:
    """The zone as Trino keeps it (`UTC`, `+05:30`, `America/New_York`); None if it has none."""
    within = text.removeprefix(_ETC)
    if within in _UTC_NAMES:
        return None if text in _ETC_UNKNOWN else "UTC"
    match = _PREFIXED.fullmatch(within)
    if match is not None:
        west_is_positive = within != text and match[1] == "GMT"
        sign = -1 if (match[2] == "-") != west_is_positive else 1
        minutes = int(match[4] or 0)
        return _offset_key(sign * (int(match[3]) * 60 + minutes)) if minutes < 60 else None
    seconds = _offset_seconds(text)
    if seconds is not None:
        return None if seconds % 60 else _offset_key(seconds // 60)
    return text if zone_info(text) is not None else None


def _offset_key(minutes: int) -> str | None:
    if abs(minutes) > _MAX_MINUTES:
        return None
    return offset_text(minutes) if minutes else "UTC"


def literal_zone(text: str) -> str | None:
    """The zone behind the clock of a literal; None if there is none of that name.

    Raises:
        SqlError: NOT_SUPPORTED, Java knows the zone and Trino does not.
    """
    return None if _java_id(text) is None else _supported(text)


def cast_zone(text: str) -> str | None:
    """As `literal_zone`, of a text that is cast."""
    name = _java_id(text)
    return None if name is None else _supported(name)


def any_zone(text: str) -> str | None:
    """For a reader of the clock alone: an offset that Trino does not know will do as `UTC`."""
    name = _java_id(text)
    return None if name is None else trino_zone(name) or "UTC"


def no_zone(text: str) -> None:
    """For a reader that takes no zone behind the clock."""


def _supported(name: str) -> str:
    zone = trino_zone(name)
    if zone is None:
        raise SqlError("NOT_SUPPORTED", f"Time zone not supported: {name}")
    return zone


def _java_id(text: str) -> str | None:
    """The id of `ZoneId.of(text)`; None where Java raises."""
    if text in ("Z", *_JAVA_PREFIXES):
        return text
    for prefix in ("", *_JAVA_PREFIXES):
        seconds = _offset_seconds(text.removeprefix(prefix)) if text.startswith(prefix) else None
        if seconds is not None:
            if abs(seconds) > _JAVA_MAX_SECONDS:
                return None
            return f"{prefix}{_offset_id(seconds)}" or "Z"
    known = zone_info(text) is not None or _SYSTEM_V.fullmatch(text) is not None
    return text if known else None


def _offset_seconds(text: str) -> int | None:
    """Seconds east of UTC of an offset in one of Java's forms."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (*(int(part) for part in match.groups()[1:] if part), 0, 0)[:3]
    if minutes > 59 or seconds > 59:
        return None
    total = hours * 3600 + minutes * 60 + seconds
    return -total if match[1] == "-" else total


def _offset_id(seconds: int) -> str:
    if seconds == 0:
        return ""
    minutes, rest = divmod(abs(seconds), 60)
    tail = f":{rest:02}" if rest else ""
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{tail}"


def offset_text(minutes: int) -> str:
    """`+05:30` of minutes east of UTC."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


@lru_cache(maxsize=1024)
def zone_info(name: str) -> ZoneInfo | None:
    """The rules of a region; None when Java has none of that name."""
    if name in _UNKNOWN or name.startswith(("posix", "right/")):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
