"""JSON functions of Presto's kind: json_parse, json_extract, arrays; JSON is canonical text.

Measured on DuckDB 1.5.5: natively duplicate keys and the order of keys are kept, bad JSON raises,
and `1.50` becomes 1.5; what can be proved equal (text, whole numbers and booleans at a plain path)
runs natively, the rest in Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from local_athena.functions.json_text import MISSING, Members, canonical, dump, read
from local_athena.functions.text import constant_text, let
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, quote_text

Writer = Callable[[Call, Sequence[str]], str]
_STEP = re.compile(
    r"""\.(?P<name>[\w:]+)|\[(?P<bare>\w+)\]|\["(?P<quoted>(?:[^"\\]|\\["\\])*)"\]"""
)


@lru_cache(maxsize=1024)
def path_steps(path: str) -> tuple[str | int, ...]:
    """The names and indexes of a JSON path of json_extract.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT.
    """
    wrong = SqlError("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{path}'")
    if not path.startswith("$"):
        raise wrong
    rest = path[1:]
    steps: list[str | int] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if not found:
            raise wrong
        bare, quoted = found["bare"], found["quoted"]
        if bare is not None:
            steps.append(int(bare) if bare.isdecimal() else bare)
        elif quoted is not None:
            steps.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            steps.append(found["name"])
        at = found.end()
    return tuple(steps)


def find(value: Any, steps: Sequence[str | int]) -> Any:
    """What lies at a path, or MISSING."""
    for step in steps:
        if isinstance(value, dict):
            value = value.get(str(step), MISSING)
        elif isinstance(value, list):
            if isinstance(step, str) and not step.isdigit():
                return MISSING
            index = int(step)
            value = value[index] if index < len(value) else MISSING
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def _extract(document: str, path: str) -> str | None:
    steps = path_steps(path)
    try:
        found = find(read(document, as_written=True), steps)
    except (ValueError, RecursionError):
        return None
    return None if found is MISSING else dump(found)


def _extract_scalar(document: str, path: str) -> str | None:
    steps = path_steps(path)
    try:
        found = find(read(document, digits=True, as_written=True), steps)
    except (ValueError, RecursionError):
        return None
    return scalar_text(found)


def scalar_text(found: Any) -> str | None:
    """A scalar's text, None for what is none."""
    if found is MISSING or found is None or isinstance(found, dict | list):
        return None
    if found is True:
        return "true"
    if found is False:
        return "false"
    return str(found)


def _scalar(call: Call, arguments: Sequence[str]) -> str:
    path = constant_text(call.arguments[1])
    if path is None:
        return _python("json_extract_scalar", _extract_scalar)(call, arguments)
    steps = path_steps_or_none(path)
    if not steps or any(
        isinstance(s, str) and (s.isdigit() or not re.fullmatch(r"\w+", s)) for s in steps
    ):
        return _python("json_extract_scalar", _extract_scalar)(call, arguments)
    native = quote_text("$" + "".join(f"[{s}]" if isinstance(s, int) else f'."{s}"' for s in steps))

    def body(j: str) -> str:
        given, kinds = [j, arguments[1]], ["VARCHAR", "VARCHAR"]
        exact = call_python("json_extract_scalar", _extract_scalar, given, kinds, "VARCHAR")
        plain = f"json_extract_string({j}, {native})"
        return (
            # DuckDB takes half a surrogate pair for no JSON
            f"(CASE WHEN {j} IS NULL THEN NULL WHEN NOT json_valid({j}) THEN "
            f"CASE WHEN contains({j}, '\\u') THEN {exact} END ELSE "
            f"CASE json_type({j}, {native}) WHEN 'VARCHAR' THEN {plain} "
            f"WHEN 'UBIGINT' THEN {plain} WHEN 'BIGINT' THEN {plain} WHEN 'BOOLEAN' THEN {plain} "
            f"WHEN 'DOUBLE' THEN {exact} WHEN 'HUGEINT' THEN {exact} WHEN 'UHUGEINT' THEN {exact} "
            f"END END)"
        )

    return let([arguments[0]], body)


def path_steps_or_none(path: str) -> tuple[str | int, ...] | None:
    """As `path_steps`; None for a path that will fail when it runs."""
    try:
        return path_steps(path)
    except SqlError:
        return None


def _array_length(document: str) -> int | None:
    try:
        value = read(document)
    except (ValueError, RecursionError):
        return None
    return len(value) if isinstance(value, list) else None


def _array_contains(document: str, wanted: Any) -> bool | None:
    try:
        value = read(document)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list):
        return None
    for item in value:
        if isinstance(wanted, bool) or isinstance(item, bool):
            if item is wanted:
                return True
        elif isinstance(wanted, int | float) and isinstance(item, int | float):
            if isinstance(wanted, int) == isinstance(item, int) and item == wanted:
                return True
        elif isinstance(wanted, str) and isinstance(item, str) and item == wanted:
            return True
    return False


def _array_get(document: str, index: int) -> str | None:
    try:
        value = read(document)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not -len(value) <= index < len(value):
        return None
    item = value[index]
    if item is None:
        return None
    return item if isinstance(item, str) else dump(item)


def _size(document: str, path: str) -> int | None:
    steps = path_steps(path)
    try:
        found = find(read(document, as_written=True), steps)
    except (ValueError, RecursionError):
        return None
    if found is MISSING:
        return None
    if isinstance(found, Members):
        return len(found.pairs)
    return len(found) if isinstance(found, list) else 0


def _is_scalar(document: str) -> bool:
    try:
        value = read(document)
    except (ValueError, RecursionError):
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON value: {document}") from None
    return not isinstance(value, dict | list)


def _python(name: str, function: Callable[..., Any]) -> Writer:
    def write(call: Call, arguments: Sequence[str]) -> str:
        kinds = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(name, function, arguments, kinds, duckdb_type(call.type))

    return write


def _parse(call: Call, arguments: Sequence[str]) -> str:
    return call_python("json_parse", canonical, arguments, ["VARCHAR"], "VARCHAR")


def _format(call: Call, arguments: Sequence[str]) -> str:
    return arguments[0]


SCALARS = {
    "json_parse": _parse,
    "json_format": _format,
    "json_extract": _python("json_extract", _extract),
    "json_extract_scalar": _scalar,
    "json_array_length": _python("json_array_length", _array_length),
    "json_array_contains": _python("json_array_contains", _array_contains),
    "json_array_get": _python("json_array_get", _array_get),
    "json_size": _python("json_size", _size),
    "is_json_scalar": _python("is_json_scalar", _is_scalar),
}
