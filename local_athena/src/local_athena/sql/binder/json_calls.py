"""JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and JSON_ARRAY."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.scope import Scope
from local_athena.sql.binder.values import coerce
from local_athena.sql.bound import BoundExpression, Call, Constant, JsonOf
from local_athena.sql.coercion import can_cast, can_coerce
from local_athena.sql.errors import SqlError
from local_athena.sql.type_text import type_of_name
from local_athena.sql.types import Type, display

JSON_INPUT = Type("json2016")
"""What FORMAT JSON makes of a text: JSON itself, to be nested, not quoted."""

_RESULTS = {
    "json_exists": t.BOOLEAN,
    "json_value": t.VARCHAR,
    "json_query": t.VARCHAR,
    "json_object": t.VARCHAR,
    "json_array": t.VARCHAR,
}
_SCALARS = frozenset(
    (
        *("varchar", "char", "boolean", "tinyint", "smallint", "integer", "bigint", "decimal"),
        *("real", "double", "date", "time", "time with time zone", "timestamp"),
        "timestamp with time zone",
    )
)


def bind_json_call(binder: Binder, node: nodes.JsonCall, scope: Scope) -> BoundExpression:
    arguments = tuple(binder.expression(argument, scope) for argument in node.arguments)
    passing = tuple(
        (name.value if name.quoted else name.value.upper(), binder.expression(value, scope))
        for name, value in node.passing
    )
    type_ = _RESULTS[node.name] if node.returning is None else type_of_name(node.returning)
    if node.name == "json_value" and type_.base not in _SCALARS:
        raise SqlError(
            "TYPE_MISMATCH",
            f"Invalid return type of function JSON_VALUE: {display(type_)}",
            node.at,
        )
    if node.name not in ("json_value", "json_exists"):
        _check_output(type_, node)
    if node.name == "json_object":
        _check_members(arguments, node)
    elif node.name == "json_array":
        for value in arguments:
            _check_value(value, "value passed to JSON_ARRAY function", node)
    _check_passing(passing, node)
    if node.name in ("json_exists", "json_value", "json_query"):
        _check_input(arguments[0], node)
    defaults: list[tuple[str, BoundExpression]] = []
    for clause, source in node.defaults:
        value = binder.expression(source, scope)
        if not can_coerce(value.type, type_):
            raise SqlError(
                "TYPE_MISMATCH",
                f"Function JSON_VALUE default {clause.removeprefix('on_').upper()} result must "
                f"evaluate to a {display(type_)} (actual: {display(value.type)})",
                source.at,
            )
        defaults.append((clause, coerce(value, type_)))
    _check_quotes(node)
    return JsonOf(node.name, arguments, node.options, tuple(defaults), passing, type_)


def _check_output(type_: Type, node: nodes.JsonCall) -> None:
    format_ = dict(node.options).get("format", "json")
    allowed = ("varchar", "char", "varbinary") if format_ == "json" else ("varbinary",)
    if type_.base not in allowed:
        shown = "JSON" if format_ == "json" else format_.upper().replace(" ", " ENCODING ")
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot output JSON value as {display(type_)} using formatting {shown}",
            node.at,
        )


def _check_members(arguments: tuple[BoundExpression, ...], node: nodes.JsonCall) -> None:
    unique = dict(node.options).get("keys") == "with unique"
    for index in range(0, len(arguments), 2):
        key, value = arguments[index], arguments[index + 1]
        if key.type.base not in ("varchar", "char"):
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT",
                f"Invalid type of JSON object key: {display(key.type)}",
                node.arguments[index].at,
            )
        if unique and (value.type == JSON_INPUT or _builds_json(value)):
            raise SqlError(
                "NOT_SUPPORTED",
                "WITH UNIQUE KEYS behavior is not supported for JSON_OBJECT function when input"
                " expression has FORMAT",
                node.at,
            )
        _check_value(value, "value passed to JSON_OBJECT function", node)


def _builds_json(value: BoundExpression) -> bool:
    return isinstance(value, JsonOf) and value.name in ("json_query", "json_object", "json_array")


def _check_passing(passing: tuple[tuple[str, BoundExpression], ...], node: nodes.JsonCall) -> None:
    seen: set[str] = set()
    for (name, value), (identifier, _) in zip(passing, node.passing, strict=True):
        if name in seen:
            raise SqlError(
                "DUPLICATE_PARAMETER_NAME",
                f"{name} JSON path parameter is specified more than once",
                identifier.at,
            )
        seen.add(name)
        _check_value(value, "JSON path parameter", node)


def _check_value(value: BoundExpression, what: str, node: nodes.JsonCall) -> None:
    """A value becomes JSON, or a text: it is a varchar, or can be cast to one."""
    if value.type == JSON_INPUT or value.type.base == "unknown":
        return
    if value.type.base == "varbinary" and _builds_json(value):
        return
    if value.type.base == "varbinary" or not can_cast(value.type, t.VARCHAR):
        raise SqlError(
            "NOT_SUPPORTED", f"Unsupported type of {what}: {display(value.type)}", node.at
        )


def _check_quotes(node: nodes.JsonCall) -> None:
    """What becomes an array has no quotes to keep or omit."""
    options = dict(node.options)
    wrapper, quotes = options.get("wrapper", "without"), options.get("quotes")
    if quotes is not None and wrapper != "without":
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            f"{quotes.upper()} QUOTES behavior specified with WITH {wrapper.upper()} ARRAY WRAPPER"
            " behavior",
            node.at,
        )


def _check_input(value: BoundExpression, node: nodes.JsonCall) -> None:
    if value.type.base not in ("varchar", "varbinary", "unknown", "json2016"):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot read input of type {display(value.type)} as JSON using formatting JSON",
            node.arguments[0].at,
        )


def bind_json_format(binder: Binder, node: nodes.JsonFormat, scope: Scope) -> BoundExpression:
    """`value FORMAT JSON [ENCODING x]`: `$json_input(value[, 'x'])`, a text that is JSON."""
    value = binder.expression(node.operand, scope)
    if value.type.base not in ("varchar", "varbinary", "unknown"):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot read input of type {display(value.type)} as JSON using formatting JSON",
            node.at,
        )
    if node.encoding is not None and value.type.base != "varbinary":
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot read input of type {display(value.type)} as JSON using formatting JSON"
            f" ENCODING {node.encoding.upper()}",
            node.at,
        )
    encoding = () if node.encoding is None else (Constant(node.encoding, t.VARCHAR),)
    return Call("$json_input", (value, *encoding), JSON_INPUT)
