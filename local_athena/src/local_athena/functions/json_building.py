"""JSON_OBJECT and JSON_ARRAY."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from local_athena.functions.json_input import (
    Write,
    encoding_of,
    input_text,
    is_json,
    output_text,
    parsed,
    scalar_text,
)
from local_athena.functions.json_output import dump_ordered
from local_athena.functions.json_text import quoted
from local_athena.functions.sql_json import PathError
from local_athena.functions.udf import call_python
from local_athena.sql.bound import BoundExpression, JsonOf
from local_athena.sql.errors import SqlError


def write_building(node: JsonOf, write: Write) -> str:
    """The text of JSON_OBJECT or JSON_ARRAY."""
    options = dict(node.options)
    is_object = node.name == "json_object"
    absent = options.get("nulls", "null" if is_object else "absent") == "absent"
    values = list(node.arguments[1::2] if is_object else node.arguments)
    listed = _listed([_item(value, write) for value in values])
    if is_object:
        unique = options.get("keys", "without unique") == "with unique"
        keys = _listed([_key(key, write) for key in node.arguments[::2]])
        name = f"json_object_{'absent' if absent else 'null'}_{'unique' if unique else 'any'}"
        kinds = ["VARCHAR[]", "VARCHAR[]"]
        made = call_python(name, _object_maker(absent, unique), [keys, listed], kinds, "VARCHAR")
    else:
        name = f"json_array_{'absent' if absent else 'null'}"
        made = call_python(name, _array_maker(absent), [listed], ["VARCHAR[]"], "VARCHAR")
    return output_text(made, node.type, encoding_of(options))


def _key(key: BoundExpression, write: Write) -> str:
    text = write(key)
    return f"rtrim({text}, ' ')" if key.type.base == "char" else text


def _listed(texts: list[str]) -> str:
    return f"CAST([{', '.join(texts)}] AS VARCHAR[])"


def _item(value: Any, write: Write) -> str:
    """A member's JSON text, NULL for NULL. What is JSON already is nested, if it is JSON."""
    if is_json(value):
        return call_python(
            "json_nested", _nested, [input_text(value, write)], ["VARCHAR"], "VARCHAR"
        )
    return scalar_text(value, write)


def _nested(text: str) -> str:
    try:
        return dump_ordered(parsed(text))
    except PathError as error:
        raise SqlError(error.name, error.message) from None


def _array_maker(absent: bool) -> Callable[[list[str | None]], str]:
    def run(values: list[str | None]) -> str:
        shown = (v if v is not None else "null" for v in values if not (absent and v is None))
        return f"[{','.join(shown)}]"

    return run


def _object_maker(absent: bool, unique: bool) -> Callable[..., str]:
    def run(keys: list[str | None], values: list[str | None]) -> str:
        members: dict[str, str] = {}
        for key, value in zip(keys, values, strict=True):
            if key is None:
                raise SqlError(
                    "INVALID_FUNCTION_ARGUMENT",
                    "null value passed for JSON object key to JSON_OBJECT function",
                )
            if absent and value is None:
                continue
            if key in members:
                raise _duplicate(unique)
            members[key] = "null" if value is None else value
        return "{" + ",".join(f"{quoted(k)}:{members[k]}" for k in in_java_order(members)) + "}"

    return run


def _duplicate(unique: bool) -> SqlError:
    if unique:
        message = "duplicate key passed to JSON_OBJECT function"
        return SqlError("INVALID_FUNCTION_ARGUMENT", message)
    return SqlError("NOT_SUPPORTED", "cannot construct a JSON object with duplicate key")


def in_java_order(keys: dict[str, Any]) -> list[str]:
    """Keys in the order of a java.util.HashMap into which they were put one by one.

    Its table has 16 places and doubles when more than three quarters are taken; a key's place is
    its hash code (Java Platform documentation of String.hashCode and HashMap) folded once.
    """
    places = 16
    while len(keys) > places * 3 // 4:
        places *= 2
    return sorted(keys, key=lambda key: _folded_hash(key) % places)


def _folded_hash(text: str) -> int:
    encoded = text.encode("utf-16-le", "surrogatepass")
    code = 0
    for unit in struct.unpack(f"<{len(encoded) // 2}H", encoded):
        code = (code * 31 + unit) & 0xFFFFFFFF
    return code ^ (code >> 16)
