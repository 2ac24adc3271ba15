"""What format_datetime's `z` calls a zone: `EST`, `Eastern Standard Time`.

`zone_names.jsonl` holds the names that a Trino 476 on Java 25 answers, short and long, of standard
and of summer time. A zone that is not there is called by its identifier.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("zone_names.jsonl")
_Names = tuple[str, str]
"""Short and long."""


@cache
def _names() -> dict[str, tuple[_Names, _Names]]:
    """(standard, summer) names by zone."""
    found: dict[str, tuple[_Names, _Names]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        both = (tuple(record["standard"]), tuple(record["summer"]))
        found.update(dict.fromkeys(record["zones"], both))
    return found


def zone_name(zone: str, *, summer: bool, long: bool) -> str:
    """The name of the zone `America/New_York`, on daylight saving time or not."""
    names = _names().get(zone)
    return zone if names is None else names[summer][long]
