"""What SQL/JSON functions read and write: `FORMAT JSON [ENCODING …]` and RETURNING."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from local_athena.functions.cast_json import to_json
from local_athena.functions.casts import cast_text
from local_athena.functions.json_text import read
from local_athena.functions.sql_json import EMPTY, JsonDouble, Moment, PathError
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call, Cast, Constant, JsonOf
from local_athena.sql.types import JSON, VARCHAR, Type

Write = Callable[[Any], str]
_CODECS = {"utf8": "utf-8", "utf16": "utf-16-le", "utf32": "utf-32-le"}
MALFORMED = "\x00"
"""What stands for bytes that are no text of their encoding; no JSON either."""
_MOMENTS = frozenset(
    ("date", "time", "timestamp", "time with time zone", "timestamp with time zone")
)
_NUMBERS = frozenset(("tinyint", "smallint", "integer", "bigint", "decimal", "real", "double"))


def format_json(value: Any) -> Call | None:
    """The `$json_input` call of what has FORMAT JSON."""
    while isinstance(value, Cast) and value.implicit:
        value = value.operand
    return value if isinstance(value, Call) and value.name == "$json_input" else None


def is_json(value: Any) -> bool:
    """Whether a value is JSON by itself, not a text to be quoted."""
    while isinstance(value, Cast) and value.implicit:
        value = value.operand
    own = isinstance(value, JsonOf) and value.name in ("json_query", "json_object", "json_array")
    return own or format_json(value) is not None


def input_text(value: Any, write: Write) -> str:
    """The text of JSON input: a varbinary is decoded."""
    encoding = "utf8"
    call = format_json(value)
    if call is not None:
        value = call.arguments[0]
        if len(call.arguments) > 1 and isinstance(call.arguments[1], Constant):
            encoding = str(call.arguments[1].value)
    if value.type.base == "unknown":
        return "CAST(NULL AS VARCHAR)"
    if value.type.base != "varbinary":
        return write(value)
    name = f"json_decode_{encoding}"
    return call_python(name, _decoder(_CODECS[encoding]), [write(value)], ["BLOB"], "VARCHAR")


def _decoder(codec: str) -> Callable[[bytes], str]:
    def run(value: bytes) -> str:
        try:
            return value.decode(codec)
        except UnicodeDecodeError:
            return MALFORMED

    return run


def output_text(made: str, type_: Type, encoding: str) -> str:
    """JSON text in the type that RETURNING says; `encoding` is utf8, utf16 or utf32."""
    if type_.base != "varbinary":
        return cast_text(made, VARCHAR, type_)
    codec = _CODECS[encoding]
    name = f"json_encode_{encoding}"
    return call_python(name, _encoder(codec), [made], ["VARCHAR"], "BLOB")


_PAIR = re.compile(r"\\\\|\\u(D[89AB]..)\\u(D[C-F]..)")


def _encoder(codec: str) -> Callable[[str], bytes]:
    if codec == "utf-8":
        return str.encode

    def whole(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        return bytes.fromhex(found[1] + found[2]).decode("utf-16-be")

    # (in these encodings characters beyond 16 bits are not written as two escapes)
    return lambda text: _PAIR.sub(whole, text).encode(codec)


def encoding_of(options: dict[str, str]) -> str:
    """The encoding of RETURNING … FORMAT JSON ENCODING x."""
    return options.get("format", "json").removeprefix("json").strip() or "utf8"


def parsed(text: str) -> Any:
    """A document.

    Raises:
        PathError: it is none.
    """
    try:
        return read(text, parse_float=JsonDouble) if text.strip(" \t\r\n") else None
    except (ValueError, RecursionError):
        raise PathError("conversion to JSON failed", "JSON_INPUT_CONVERSION_ERROR") from None


def scalar_text(value: Any, write: Write) -> str:
    """A value of SQL as JSON text: numbers, texts and booleans as they are, others' varchar."""
    base = value.type.base
    if base == "unknown":
        return "CAST(NULL AS VARCHAR)"
    if base in _NUMBERS or base in ("varchar", "char", "boolean"):
        return to_json(write(value), value.type, JSON)
    return to_json(cast_text(write(value), value.type, VARCHAR), VARCHAR, JSON)


def passed(value: Any, write: Write) -> tuple[str, Callable[[str | None], Any]]:
    """A variable's text and how its item is read from it."""
    if is_json(value):
        return input_text(value, write), lambda text: EMPTY if text is None else parsed(text)
    base = value.type.base
    if base in _MOMENTS:
        shown = cast_text(write(value), value.type, VARCHAR)
        return shown, lambda text: None if text is None else Moment(base, text)
    return scalar_text(value, write), _reader(base)


def _reader(base: str) -> Callable[[str | None], Any]:
    def run(text: str | None) -> Any:
        if text is None:
            return None
        if base == "decimal":
            return Decimal(text)
        if base in ("double", "real"):
            return float(text.strip('"').replace("Infinity", "inf"))
        return read(text)

    return run
