"""The JSON text of an answer, parts of which may have their text already."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

_MARK = f"rendered {secrets.token_hex(16)} "
"""What no other text of an answer begins with, by chance."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A value by its JSON text (UTF-8)."""

    text: bytes


def render(body: Any) -> bytes:
    """The JSON text of a value, in UTF-8; half a surrogate pair is kept."""
    parts: list[bytes] = []

    def mark(value: Any) -> str:
        if not isinstance(value, Rendered):
            raise TypeError(f"{type(value).__name__} has no JSON text")
        parts.append(value.text)
        return f"{_MARK}{len(parts) - 1}"

    whole = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=mark)
    content = whole.encode("utf-8", "surrogatepass")
    for number, text in enumerate(parts):
        content = content.replace(f'"{_MARK}{number}"'.encode(), text, 1)
    return content
