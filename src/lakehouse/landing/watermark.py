"""The form of what a manifest keeps for the next run, by the kind of its source."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime


def _is_wall_clock(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


_FORMS: Mapping[str, Mapping[str, Callable[[str], bool]]] = {
    "postgresql": {
        "until": _is_wall_clock,
        "snapshot": _matches(r"\d{1,20}:\d{1,20}:[\d,]*"),
    },
    "kafka": {"offsets": _matches(r"(?:\d{1,9}:\d{1,19}(?: \d{1,9}:\d{1,19})*)?")},
}


def find_malformed(kind: str, watermark: Mapping[str, str | None]) -> list[str]:
    """The names of values that a source of this kind could not go on from; None stands for no
    value."""
    forms = _FORMS.get(kind, {})
    return [
        name
        for name, is_well_formed in forms.items()
        if (text := watermark.get(name)) is not None and not is_well_formed(text)
    ]
