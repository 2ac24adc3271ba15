"""JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and JSON_ARRAY."""

from __future__ import annotations

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.scope import Scope
from local_athena.sql.binder.values import coerce
from local_athena.sql.bound import BoundExpression, Call, Constant, JsonOf
from local_athena.sql.coercion import can_coerce
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
    if node.name != "json_value" and type_.base not in ("boolean", "varchar", "char", "varbinary"):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot output JSON value as {display(type_)} using formatting JSON",
            node.at,
        )
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
    if value.type.base not in ("varchar", "char", "varbinary", "unknown", "json2016"):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot read input of type {display(value.type)} as JSON using formatting JSON",
            node.arguments[0].at,
        )


def bind_json_format(binder: Binder, node: nodes.JsonFormat, scope: Scope) -> BoundExpression:
    """`value FORMAT JSON [ENCODING x]`: `$json_input(value[, 'x'])`, a text that is JSON."""
    value = binder.expression(node.operand, scope)
    if value.type.base not in ("varchar", "char", "varbinary", "unknown"):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot read input of type {display(value.type)} as JSON using formatting JSON",
            node.at,
        )
    encoding = () if node.encoding is None else (Constant(node.encoding, t.VARCHAR),)
    return Call("$json_input", (value, *encoding), JSON_INPUT)
