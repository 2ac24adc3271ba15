"""The serde parameter `timestamp.formats`: other ways to write a timestamp in text and JSON files.

A comma-separated list of Joda patterns, tried in turn (`millis` is milliseconds since 1970); a text
that fits none is read in the usual form. Source: Athena user guide, "Hive JSON SerDe", "Specifying
timestamp formats".
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from local_athena.functions.date_formats import parse_joda
from local_athena.sql.errors import SqlError

_MILLIS = re.compile(r"(-?\d+)(\.\d+)?\Z")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (UTC, as Trino's timestamps are)


def timestamp_reader(parameters: Mapping[str, str]) -> Callable[[str], str] | None:
    """From a timestamp's text to its usual form; None without the parameter."""
    formats = _formats(parameters.get("timestamp.formats", ""))
    if not formats:
        return None

    def read(text: str) -> str:
        trimmed = text.strip()
        for pattern in formats:
            moment = _moment(trimmed, pattern)
            if moment is not None:
                return moment.isoformat(sep=" ", timespec="microseconds")
        return text

    return read


def _formats(text: str) -> list[str]:
    """The patterns between commas; a backslash keeps a comma or itself."""
    parts = re.findall(r"(?:[^,\\]|\\.)+", text, re.DOTALL)
    return [re.sub(r"\\([,\\])", r"\1", part) for part in parts]


def _moment(text: str, pattern: str) -> datetime | None:
    try:
        if pattern.lower() == "millis":
            found = _MILLIS.match(text)
            return _EPOCH + timedelta(milliseconds=int(found[1])) if found else None
        return _EPOCH + timedelta(microseconds=parse_joda(text, pattern)["i"])
    except (SqlError, OverflowError):
        return None
