"""What goes wrong at the payment service, declared as data.

A plan is a list in YAML, whose entries have

    fault        one of FAULTS
    path         /v1/payments (default), /v1/exchange_rates or /oauth/token
    call         the call of that path it begins with, counted from 1 (default 1)
    times        how many calls in a row (default 1)
    status       of `status`: 400 to 599 (default 503)
    retry_after  of `status`: seconds, sent as a number
    retry_at     of `status`: seconds from now, sent as a date
    seconds      of `stall`: how long (default 60)

| fault | the service |
|---|---|
| `status` | answers that status |
| `stall` | answers nothing for a while, then closes the connection |
| `html` | answers a page of HTML with status 200 |
| `truncated` | promises the whole body and closes the connection after half of it |
| `short_length` | promises ten bytes less than it sends |
| `cut_json` | sends half of the body, with its length |
| `same_cursor` | leads from the page to itself |
| `endless` | leads from every page to another one, without end |
| `expired_token` | has ended every token before the call |
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from lakehouse.errors import MarketplaceError

Kind = Literal[
    "status",
    "stall",
    "html",
    "truncated",
    "short_length",
    "cut_json",
    "same_cursor",
    "endless",
    "expired_token",
]
FAULTS: tuple[str, ...] = get_args(Kind)
_COUNTS = ("call", "times")
_PATHS = ("/v1/payments", "/v1/exchange_rates", "/oauth/token")


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry of a plan."""

    fault: Kind
    path: str = _PATHS[0]
    call: int = 1
    times: int = 1
    status: int = 503
    retry_after: float | None = None
    retry_at: float | None = None
    seconds: float = 60.0


class FaultPlan:
    """The faults that are still to come; counts the calls of each path."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, path: str) -> Fault | None:
        """What goes wrong with the call of a path that has just come in."""
        with self._lock:
            self._calls[path] += 1
            number = self._calls[path]
        for fault in self._faults:
            if fault.path == path and fault.call <= number < fault.call + fault.times:
                return fault
        return None

    def calls(self, path: str) -> int:
        """How many calls of a path have come in."""
        with self._lock:
            return self._calls[path]


def read_faults(file: Path) -> tuple[Fault, ...]:
    """The entries of a file; raises MarketplaceError for what is no plan."""
    try:
        entries = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MarketplaceError(f"{file} cannot be read as a plan of faults: {error}") from error
    if not isinstance(entries, list):
        raise MarketplaceError(f"{file} is no list of faults")
    return tuple(_build(entry, f"{file}: entry {n}") for n, entry in enumerate(entries, start=1))


def _build(entry: Any, place: str) -> Fault:
    known = {field.name for field in fields(Fault)}
    if not isinstance(entry, dict) or not set(entry) <= known:
        raise MarketplaceError(f"{place} may have the keys {', '.join(sorted(known))} alone")
    if entry.get("fault") not in FAULTS:
        raise MarketplaceError(f"{place}: fault must be one of {', '.join(FAULTS)}")
    if entry.get("path", _PATHS[0]) not in _PATHS:
        raise MarketplaceError(f"{place}: path must be one of {', '.join(_PATHS)}")
    for name in set(entry) - {"fault", "path"}:
        value, lowest = entry[name], 400 if name == "status" else 1 if name in _COUNTS else 0
        kind = int if name in (*_COUNTS, "status") else int | float
        if isinstance(value, bool) or not isinstance(value, kind) or value < lowest:
            raise MarketplaceError(f"{place}: {name} must be a number from {lowest} on")
    return Fault(**entry)
