"""JSON_VALUE: an item of the path's type, cast to the declared one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from local_athena.functions.casts import cast_text
from local_athena.functions.json_input import Write
from local_athena.functions.json_text import dump
from local_athena.functions.sql_json import Moment, PathError, is_too_long
from local_athena.functions.text import attempted, fail, let, quiet, text
from local_athena.sql.bound import JsonOf
from local_athena.sql.coercion import can_cast
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type
from local_athena.sql.types import BIGINT, BOOLEAN, DOUBLE, VARCHAR, Type

_RETURNS = "STRUCT(state VARCHAR, value VARCHAR)"
_WRONG = "cannot extract SQL scalar from JSON: "
_DECIMAL = Type("decimal", (38, 10))


def write_value(
    node: JsonOf,
    find: Callable[..., list[Any]],
    call: Callable[[Callable[..., Any], str], str],
    write: Write,
) -> str:
    """Python finds the scalar's text and type, or why there is none; then a cast of that type."""
    options = dict(node.options)
    on_empty, on_error = options.get("on_empty", "null"), options.get("on_error", "null")
    made = call(_scalar_finder(find, on_empty, on_error), _RETURNS)
    defaults = dict(node.defaults)
    failed = write(defaults["on_error"]) if "on_error" in defaults else "NULL"
    empty = write(defaults["on_empty"]) if "on_empty" in defaults else "NULL"
    if on_error == "error":
        refused = f"{_WRONG}Cannot cast to declared return type of function JSON_VALUE"
        failed = fail("JSON_VALUE_RESULT_ERROR", text(refused))

    def body(j: str) -> str:
        value = f"struct_extract({j}, 'value')"
        with quiet():
            casts = _casts(value, node)
        type_text = duckdb_type(node.type)
        cases = [
            f"WHEN '{kind}' THEN {_or_failed(f'CAST({cast} AS {type_text})', failed)}"
            for kind, cast in casts.items()
        ]
        return (
            f"(CASE struct_extract({j}, 'state') {' '.join(cases)} WHEN 'null' THEN NULL "
            f"WHEN 'empty' THEN {empty} ELSE "
            f"CASE WHEN {j} IS NULL THEN NULL ELSE {failed} END END)"
        )

    return let([made], body)


def _or_failed(cast: str, failed: str) -> str:
    """A cast that was written quietly, or what stands for its failure."""
    return let(
        [attempted(cast, quietly=True)],
        lambda made: f"(CASE WHEN {made} IS NOT NULL THEN {made} ELSE {failed} END)",
    )


def _casts(value: str, node: JsonOf) -> dict[str, str]:
    """The cast of each type that an item may have, as far as there is one."""
    target = node.type
    sources: dict[str, tuple[str, Type]] = {
        "boolean": (f"CAST({value} AS BOOLEAN)", BOOLEAN),
        "varchar": (value, VARCHAR),
        "bigint": (f"CAST({value} AS BIGINT)", BIGINT),
        "double": (cast_text(value, VARCHAR, DOUBLE), DOUBLE),
        "decimal": (
            (value, VARCHAR)
            if target.base in ("varchar", "char", "decimal")
            else (cast_text(value, VARCHAR, _DECIMAL), _DECIMAL)
        ),
    }
    for _, passed in node.passing:
        if passed.type.base.startswith(("date", "time")):
            own = cast_text(value, VARCHAR, passed.type)
            sources[passed.type.base] = (own, passed.type)
    return {
        kind: cast_text(source, type_, target)
        for kind, (source, type_) in sources.items()
        if type_ == target or can_cast(type_, target)
    }


def _scalar_finder(
    find: Callable[..., list[Any]], on_empty: str, on_error: str
) -> Callable[..., dict[str, str | None] | None]:
    def failed(message: str) -> dict[str, str | None]:
        if on_error == "error":
            raise SqlError("JSON_VALUE_RESULT_ERROR", _WRONG + message)
        return {"state": "error", "value": None}

    def run(document: str | None, *passed: str | None) -> dict[str, str | None] | None:
        if document is None:
            return None
        try:
            found = find(document, passed)
        except PathError as error:
            if on_error == "error":
                raise SqlError(error.name, error.message) from None
            return {"state": "error", "value": None}
        if not found:
            if on_empty == "error":
                raise SqlError("JSON_VALUE_RESULT_ERROR", _WRONG + "JSON path found no items")
            return {"state": "empty", "value": None}
        if len(found) > 1:
            return failed("JSON path found multiple items")
        if isinstance(found[0], dict | list) or is_too_long(found[0]):
            return failed("JSON path found an item that cannot be converted to an SQL value")
        kind, shown = _typed(found[0])
        return {"state": kind, "value": shown}

    return run


def _typed(item: Any) -> tuple[str, str | None]:
    """The type's name of a scalar, and its text."""
    if item is None:
        return "null", None
    if isinstance(item, bool):
        return "boolean", "true" if item else "false"
    if isinstance(item, int):
        return "bigint", str(item)
    if isinstance(item, float):
        return "double", dump(float(item)).strip('"')
    if isinstance(item, Decimal):
        return "decimal", format(item, "f")
    if isinstance(item, Moment):
        return item.base, item.text
    return "varchar", str(item)
