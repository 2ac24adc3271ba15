"""JSON as text: reading as Jackson does and writing in Trino's canonical form."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from typing import Any

from local_athena.functions.java_numbers import java_double
from local_athena.json_reading import read_json
from local_athena.sql.errors import SqlError

MISSING = object()
"""What a path finds where nothing is; JSON's null is None."""


class Number(str):
    """A fractional number with its digits as written."""

    __slots__ = ()


class Members(dict[str, Any]):
    """An object as written: `pairs` keep order and repeated names; by name the first is found."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(reversed(pairs))
        self.pairs = pairs


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def read(
    text: str,
    *,
    digits: bool = False,
    as_written: bool = False,
    parse_float: Callable[[str], Any] = float,
) -> Any:
    """A JSON value; with `digits`, fractional numbers keep theirs as `Number`.

    `as_written` makes objects `Members`; else the last of members with one name counts.

    Raises:
        ValueError: the text is no JSON, or nested too deeply.
    """
    parse: Any = Number if digits else parse_float
    options = {"object_pairs_hook": Members} if as_written else {}
    return read_json(text, parse_float=parse, parse_constant=_no_constant, **options)


_OTHERWISE = re.compile(r"[\ud800-\udfff\U00010000-\U0010ffff]|\\\\|\\u001[a-f]")
_encode = json.encoder.encode_basestring


def quoted(text: str) -> str:
    """A JSON string; characters beyond 16 bits as two escapes, as Jackson writes them."""
    encoded: str = _encode(text)
    return _OTHERWISE.sub(_escaped, encoded)


def _escaped(found: re.Match[str]) -> str:
    if found[0].startswith("\\"):  # (of a control character, or an escaped backslash)
        return found[0][:2] + found[0][2:].upper()
    units = found[0].encode("utf-16-le", "surrogatepass")
    return "".join(f"\\u{unit:04X}" for unit in struct.unpack(f"<{len(units) // 2}H", units))


def number_text(value: float) -> str:
    """A double in JSON: Java's text; what is no number is a string."""
    text = java_double(value)
    return text if math.isfinite(value) else f'"{text}"'


def dump(value: Any) -> str:
    """Compact text; keys in order of their code points, those of `Members` as written."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, dict):
        pairs = value.pairs if isinstance(value, Members) else sorted(value.items())
        return "{" + ",".join(f"{quoted(name)}:{dump(item)}" for name, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return str(value)


def canonical(text: str) -> str:
    """JSON text in canonical form.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT.
    """
    try:
        return dump(read(text))
    except (ValueError, RecursionError):
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT", f"Cannot convert value to JSON: '{text}'"
        ) from None
