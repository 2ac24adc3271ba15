"""SQL/JSON: JSON_EXISTS, JSON_VALUE and JSON_QUERY with their clauses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from local_athena.functions.json_building import write_building
from local_athena.functions.json_input import (
    Write,
    encoding_of,
    input_text,
    is_json,
    output_text,
    parsed,
    passed,
)
from local_athena.functions.json_output import dump_ordered
from local_athena.functions.json_value import write_value
from local_athena.functions.sql_json import Moment, PathError, evaluate
from local_athena.functions.sql_json_parser import parse_path
from local_athena.functions.text import constant_text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import JsonOf
from local_athena.sql.errors import SqlError


def write_json(node: JsonOf, write: Write) -> str:
    """The text of a JSON function.

    Raises:
        SqlError: NOT_SUPPORTED, and a path that cannot be parsed or names no variable.
    """
    if node.name in ("json_object", "json_array"):
        return write_building(node, write)
    return _query(node, write)


def _query(node: JsonOf, write: Write) -> str:
    path = constant_text(node.arguments[1])
    if path is None:
        raise SqlError("NOT_SUPPORTED", "a JSON path that is not constant")
    tree = parse_path(path)
    names = [name for name, _ in node.passing]
    _check_variables(tree.variables, names)
    options = dict(node.options)
    given = [passed(value, write) for _, value in node.passing]
    readers = [reader for _, reader in given]
    texts = [input_text(node.arguments[0], write), *(text for text, _ in given)]
    on_empty = options.get("on_empty", "null")
    on_error = options.get("on_error", "false" if node.name == "json_exists" else "null")
    kinds = tuple((str(value.type), is_json(value)) for _, value in node.passing)
    settings = (node.name, path, tuple(names), kinds, node.options, str(node.type))
    mark = hashlib.sha1(repr(settings).encode(), usedforsecurity=False).hexdigest()[:10]

    def find(document: str, values: tuple[str | None, ...]) -> list[Any]:
        variables = {
            name: reader(value) for name, reader, value in zip(names, readers, values, strict=True)
        }
        return evaluate(tree, parsed(document), variables)

    def call(function: Callable[..., Any], returns: str) -> str:
        types = ["VARCHAR"] * len(texts)
        return call_python(f"{node.name}_{mark}", function, texts, types, returns, sees_null=True)

    if node.name == "json_exists":
        return call(_exists(find, on_error), "BOOLEAN")
    if node.name == "json_query":
        wrapper, quotes = options.get("wrapper", "without"), options.get("quotes", "keep")
        made = call(_query_function(find, on_empty, on_error, wrapper, quotes), "VARCHAR")
        return output_text(made, node.type, encoding_of(options))
    return write_value(node, find, call, write)


def _check_variables(used: tuple[str, ...], known: list[str]) -> None:
    for name in used:
        if name not in known:
            other = name.upper() in (k.upper() for k in known)
            hint = f'. Try quoting "{name}" in the PASSING clause to match case' if other else ""
            raise SqlError("INVALID_PATH", f"no value passed for parameter {name}{hint}")


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


def _query_function(
    find: Callable[..., list[Any]], on_empty: str, on_error: str, wrapper: str, quotes: str
) -> Callable[..., str | None]:
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
        if any(isinstance(item, Moment) for item in found):
            message = "conversion from JSON failed: a scalar SQL value cannot be JSON"
            return outcome(on_error, message, "JSON_OUTPUT_CONVERSION_ERROR")
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
        if quotes == "omit" and isinstance(item, str):
            return item
        return dump_ordered(item)

    return run
