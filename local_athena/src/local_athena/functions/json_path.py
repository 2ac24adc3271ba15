"""SQL/JSON: JSON_EXISTS, JSON_VALUE, JSON_QUERY with their clauses, JSON_OBJECT and JSON_ARRAY."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from local_athena.functions.cast_json import to_json
from local_athena.functions.casts import cast_text
from local_athena.functions.dates import constant_text
from local_athena.functions.json_text import Number, dump, quoted, read
from local_athena.functions.sql_json import PathError, evaluate, parse_path
from local_athena.functions.text import let
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call, Cast, JsonOf
from local_athena.sql.errors import SqlError
from local_athena.sql.types import JSON, VARCHAR, Type

Write = Callable[[Any], str]


def write_json(node: JsonOf, write: Write) -> str:
    """The text of a JSON function.

    Raises:
        SqlError: NOT_SUPPORTED, and a path that cannot be parsed.
    """
    if node.name in ("json_object", "json_array"):
        return _construct(node, write)
    return _query(node, write)


def _option(node: JsonOf, name: str, default: str) -> str:
    return dict(node.options).get(name, default).lower()


# ---------------------------------------------------------------- queries by path


def _query(node: JsonOf, write: Write) -> str:
    path = constant_text(node.arguments[1])
    if path is None:
        raise SqlError("NOT_SUPPORTED", "a JSON path that is not constant")
    parsed = parse_path(path)
    names = [name for name, _ in node.passing]
    texts = [_plain_text(node.arguments[0], write)]
    types = ["VARCHAR"]
    for _, value in node.passing:
        texts.append(_passed(value, write))
        types.append("VARCHAR")
    settings = (
        node.name,
        path,
        tuple(names),
        _option(node, "on_empty", "null"),
        _option(node, "on_error", "false" if node.name == "json_exists" else "null"),
        _option(node, "wrapper", "without"),
        _option(node, "quotes", "keep"),
        str(node.type),
    )
    mark = hashlib.sha1(repr(settings).encode(), usedforsecurity=False).hexdigest()[:10]

    def find(document: str, passed: tuple[str | None, ...]) -> list[Any]:
        try:
            value = read(document, digits=True) if document.strip() else None
        except (ValueError, RecursionError):
            raise PathError(
                "input cannot be parsed as JSON", "JSON_INPUT_CONVERSION_ERROR"
            ) from None
        variables = {
            name: None if item is None else read(item, digits=True)
            for name, item in zip(names, passed, strict=True)
        }
        return evaluate(parsed, value, variables)

    if node.name == "json_exists":
        return call_python(
            f"json_exists_{mark}",
            _exists(find, settings[4]),
            texts,
            types,
            "BOOLEAN",
            sees_null=True,
        )
    if node.name == "json_query":
        made = call_python(
            f"json_query_{mark}",
            _query_function(find, settings),
            texts,
            types,
            "VARCHAR",
            sees_null=True,
        )
        return cast_text(made, VARCHAR, node.type)
    return _value(node, find, settings, mark, texts, types, write)


def _plain_text(value: Any, write: Write) -> str:
    """The input as text: FORMAT JSON says nothing new, a varbinary is UTF-8."""
    while isinstance(value, Call) and value.name == "$json_input":
        value = value.arguments[0]
    text = write(value)
    return f"decode({text})" if value.type.base == "varbinary" else text


def _passed(value: Any, write: Write) -> str:
    if isinstance(value, Call) and value.name == "$json_input":
        return _plain_text(value, write)
    return to_json(write(value), value.type, JSON)


def _exists(find: Callable[..., list[Any]], on_error: str) -> Callable[..., bool | None]:
    def run(document: str | None, *passed: str | None) -> bool | None:
        if document is None:
            return None
        try:
            return bool(find(document, passed))
        except PathError as error:
            if on_error == "error":
                raise SqlError(error.name, error.message) from None
            return {"true": True, "false": False}.get(on_error)

    return run


def _query_function(find: Callable[..., list[Any]], settings: Any) -> Callable[..., str | None]:
    _, _, _, on_empty, on_error, wrapper, quotes, _ = settings

    def outcome(kind: str, message: str, name: str) -> str | None:
        if kind == "error":
            raise SqlError(name, message)
        return {"empty array": "[]", "empty object": "{}"}.get(kind)

    def run(document: str | None, *passed: str | None) -> str | None:
        if document is None:
            return None
        try:
            found = find(document, passed)
        except PathError as error:
            return outcome(on_error, error.message, error.name)
        if not found:
            return outcome(
                on_empty,
                "conversion from JSON failed: JSON path found no items",
                "JSON_OUTPUT_CONVERSION_ERROR",
            )
        if wrapper == "unconditional" or (
            wrapper == "conditional" and not (len(found) == 1 and isinstance(found[0], dict | list))
        ):
            return dump_ordered(found)
        if len(found) > 1:
            message = "conversion from JSON failed: JSON path found multiple items"
            return outcome(on_error, message, "JSON_OUTPUT_CONVERSION_ERROR")
        item = found[0]
        if quotes == "omit" and isinstance(item, str) and not isinstance(item, Number):
            return item
        return dump_ordered(item)

    return run


def dump_ordered(value: Any) -> str:
    """JSON text with keys in the order of the source."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(k)}:{dump_ordered(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump_ordered, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return dump(value)


def _value(
    node: JsonOf,
    find: Callable[..., list[Any]],
    settings: Any,
    mark: str,
    texts: list[str],
    types: list[str],
    write: Write,
) -> str:
    """JSON_VALUE in two steps: Python finds the scalar's text or why there is none; then a cast."""
    on_empty, on_error = settings[3], settings[4]

    def run(document: str | None, *passed: str | None) -> dict[str, Any] | None:
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
                raise SqlError(
                    "JSON_VALUE_RESULT_ERROR",
                    "cannot extract SQL scalar from JSON: JSON path found no items",
                )
            return {"state": "empty", "value": None}
        if len(found) > 1 or isinstance(found[0], dict | list):
            reason = (
                "JSON path found multiple items"
                if len(found) > 1
                else "JSON path found an item that cannot be converted to an SQL value"
            )
            if on_error == "error":
                raise SqlError(
                    "JSON_VALUE_RESULT_ERROR", f"cannot extract SQL scalar from JSON: {reason}"
                )
            return {"state": "error", "value": None}
        return {"state": "value", "value": _scalar(found[0])}

    made = call_python(
        f"json_value_{mark}",
        run,
        texts,
        types,
        "STRUCT(state VARCHAR, value VARCHAR)",
        sees_null=True,
    )
    defaults = dict(node.defaults)
    target = node.type

    def body(j: str) -> str:
        value = _converted(f"struct_extract({j}, 'value')", target)
        failed = write(defaults["on_error"]) if "on_error" in defaults else "NULL"
        empty = write(defaults["on_empty"]) if "on_empty" in defaults else "NULL"
        if on_error != "error":
            attempt = f"TRY({value})"
            value = attempt if failed == "NULL" else f"COALESCE({attempt}, {failed})"
        return (
            f"(CASE struct_extract({j}, 'state') WHEN 'value' THEN {value} "
            f"WHEN 'empty' THEN {empty} WHEN 'error' THEN {failed} END)"
        )

    return let([made], body)


def _scalar(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return dump(value)
    return str(value)


def _converted(value: str, target: Type) -> str:
    if target.base in ("tinyint", "smallint", "integer", "bigint"):
        return cast_text(
            cast_text(value, VARCHAR, Type("decimal", (38, 10))), Type("decimal", (38, 10)), target
        )
    return cast_text(value, VARCHAR, target)


# ---------------------------------------------------------------- constructors


def _construct(node: JsonOf, write: Write) -> str:
    absent = _option(node, "nulls", "null" if node.name == "json_object" else "absent") == "absent"
    items = [_item(argument, write) for argument in node.arguments]
    if node.name == "json_array":
        if not items:
            return "'[]'"
        listed = ", ".join(items)
        kept = f"list_filter([{listed}], lambda e: e IS NOT NULL)" if absent else f"[{listed}]"
        shown = f"list_transform({kept}, lambda e: COALESCE(e, 'null'))"
        return f"('[' || COALESCE(array_to_string({shown}, ','), '') || ']')"
    if not items:
        return "'{}'"
    unique = _option(node, "keys", "without unique") == "with unique"
    pairs = []
    for index in range(0, len(items), 2):
        key = write(node.arguments[index])
        value = items[index + 1]
        name = to_json(f"CAST({key} AS VARCHAR)", VARCHAR, JSON)
        if absent:
            pairs.append(f"(CASE WHEN {value} IS NOT NULL THEN {name} || ':' || {value} END)")
        else:
            pairs.append(f"({name} || ':' || COALESCE({value}, 'null'))")
    if unique:
        keys = ", ".join(write(node.arguments[index]) for index in range(0, len(items), 2))
        from local_athena.functions.text import guard, text

        joined = _joined(pairs)
        return guard(
            f"len(list_distinct([{keys}])) < {len(items) // 2}",
            "INVALID_FUNCTION_ARGUMENT",
            text("duplicate key passed to JSON_OBJECT function"),
            joined,
        )
    return _joined(pairs)


def _joined(pairs: list[str]) -> str:
    kept = f"list_filter([{', '.join(pairs)}], lambda e: e IS NOT NULL)"
    return f"('{{' || COALESCE(array_to_string({kept}, ','), '') || '}}')"


def _item(argument: Any, write: Write) -> str:
    """A member's JSON text, NULL for NULL. What is JSON already is nested."""
    inner = argument
    while isinstance(inner, Cast) and inner.implicit:
        inner = inner.operand
    if isinstance(inner, Call) and inner.name == "$json_input":
        return _plain_text(inner, write)
    if isinstance(inner, JsonOf) and inner.type.base == "varchar":
        return write(inner)
    if argument.type.base == "unknown":
        return "CAST(NULL AS VARCHAR)"
    if argument.type.base == "json":  # (as its text, unlike FORMAT JSON)
        return to_json(cast_text(write(argument), JSON, VARCHAR), VARCHAR, JSON)
    return to_json(write(argument), argument.type, JSON)
