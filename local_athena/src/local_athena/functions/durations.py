"""Lengths of time as text and as milliseconds."""

from __future__ import annotations

import math
import re

from local_athena.functions.registry import ScalarWriter
from local_athena.functions.udf import python_writer
from local_athena.sql.errors import SqlError


def _human_readable_seconds(value: float) -> str:
    if math.isnan(value) or math.isinf(value):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Invalid argument found: {value}")
    rest = min(math.floor(abs(value) + 0.5), (1 << 63) - 1)
    parts = []
    for name, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    if rest or not parts:
        parts.append(f"{rest} second{'' if rest == 1 else 's'}")
    return ", ".join(parts)


_DURATION = {
    "ns": 1e-6,
    "us": 1e-3,
    "ms": 1.0,
    "s": 1e3,
    "m": 60e3,
    "h": 3600e3,
    "d": 86400e3,
}


def _parse_duration(value: str) -> int:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*", value)
    if not found:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT", f"duration is not a valid data duration string: {value}"
        )
    if found[2] not in _DURATION:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Unknown time unit: {found[2]}")
    return int(float(found[1]) * _DURATION[found[2]] + 0.5)


SCALARS: dict[str, ScalarWriter] = {
    "human_readable_seconds": python_writer("human_seconds", _human_readable_seconds),
    "parse_duration": python_writer("parse_duration", _parse_duration),
    "to_milliseconds": lambda call, arguments: arguments[0],
}
