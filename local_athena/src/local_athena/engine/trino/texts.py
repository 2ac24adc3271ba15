"""Values of Trino's client protocol as Athena's text, by type.

The protocol sends numbers and booleans bare, decimals, dates and times as text, varbinary as
Base64, arrays and rows as lists, maps as objects whose keys are text. What is not here is text of
its own, or an object (BingTile).
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

from local_athena.functions.java_numbers import java_double
from local_athena.sql.representation import element_of, entry_of, fields_of
from local_athena.sql.types import Field, Type

_SECONDS = re.compile(r"(\d\d:\d\d:\d\d)(?:\.(\d+))?")
_LEAST_DIGITS = 3


def text_of(value: Any, type_: Type) -> str | None:
    """A value as the result CSV has it; None is NULL."""
    if value is None:
        return None
    writer = _WRITERS.get(type_.base)
    if writer is not None:
        return writer(value, type_)
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _within(value: Any, type_: Type) -> str:
    """A value inside an array, a map or a row."""
    text = text_of(value, type_)
    return "null" if text is None else text


def _boolean(value: Any, type_: Type) -> str:
    return value if isinstance(value, str) else ("true" if value else "false")


def _double(value: Any, type_: Type) -> str:
    """A number, or a text: NaN, Infinity, and every key of a map."""
    return java_double(float(value))


def _real(value: Any, type_: Type) -> str:
    """Its digits are the shortest of a real already."""
    number = float(value)
    return java_double(number, repr(number))


def _time(value: Any, type_: Type) -> str:
    return _SECONDS.sub(
        lambda found: f"{found[1]}.{(found[2] or '').ljust(_LEAST_DIGITS, '0')}", value, count=1
    )


def _char(value: Any, type_: Type) -> str:
    text: str = value.ljust(int(str(type_.arguments[0])))
    return text


def _binary(value: Any, type_: Type) -> str:
    return base64.b64decode(value).hex(" ")


def _array(value: Any, type_: Type) -> str:
    element = element_of(type_)
    return f"[{', '.join(_within(item, element) for item in value)}]"


def _map(value: Any, type_: Type) -> str:
    key, item = entry_of(type_)
    pairs = (f"{_within(k, key)}={_within(v, item)}" for k, v in value.items())
    return "{" + ", ".join(pairs) + "}"


def _row(value: Any, type_: Type) -> str:
    names = [argument.name for argument in type_.arguments if isinstance(argument, Field)]
    shown = (
        f"{name if name is not None else f'field{index}'}={_within(item, kind)}"
        for index, (name, item, kind) in enumerate(zip(names, value, fields_of(type_), strict=True))
    )
    return "{" + ", ".join(shown) + "}"


_WRITERS: dict[str, Callable[[Any, Type], str]] = {
    "boolean": _boolean,
    "double": _double,
    "real": _real,
    "time": _time,
    "time with time zone": _time,
    "timestamp": _time,
    "timestamp with time zone": _time,
    "char": _char,
    "varbinary": _binary,
    "array": _array,
    "map": _map,
    "row": _row,
}
