"""JSON text of the items that paths find and functions build."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from local_athena.functions.json_text import dump, quoted


def dump_ordered(value: Any) -> str:
    """JSON text with keys in the order of the source."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(k)}:{dump_ordered(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump_ordered, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return dump(value)
