"""Calls that are no functions: COALESCE, NULLIF, IF, TRY, FORMAT, GROUPING, EXTRACT, TRIM, and what
the session knows (CURRENT_DATE, NOW, CURRENT_USER, …)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from local_athena.sql import nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.describe import describe
from local_athena.sql.binder.operators import single_type
from local_athena.sql.binder.scope import Scope
from local_athena.sql.binder.values import boolean, coerce, coerce_all
from local_athena.sql.bound import (
    BoundExpression,
    Call,
    Case,
    Coalesce,
    Constant,
    NullIf,
    Try,
)
from local_athena.sql.coercion import can_cast, common_super_type, is_comparable
from local_athena.sql.errors import SqlError
from local_athena.sql.instants import PICOSECONDS_A_DAY
from local_athena.sql.overloads import resolve
from local_athena.sql.types import display

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _coalesce(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    if len(node.arguments) < 2:
        raise SqlError(
            "SYNTAX_ERROR", "The 'coalesce' function must have at least two arguments", node.at
        )
    values = [binder.expression(argument, scope) for argument in node.arguments]
    type_ = single_type(values, "COALESCE", node.at)
    return Coalesce(coerce_all(values, type_), type_)


def _nullif(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    first, second = (binder.expression(argument, scope) for argument in node.arguments)
    compared = common_super_type(first.type, second.type)
    if compared is None or not is_comparable(compared):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Types are not comparable with NULLIF: {display(first.type)} vs "
            f"{display(second.type)}",
            node.at,
        )
    return NullIf(first, second, compared, first.type)


def _if(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    condition = binder.expression(node.arguments[0], scope)
    condition = boolean(condition, "IF condition", node.arguments[0].at)
    branches = [binder.expression(argument, scope) for argument in node.arguments[1:]]
    type_ = single_type(branches, "IF", node.at)
    branches = list(coerce_all(branches, type_))
    default = branches[1] if len(branches) > 1 else None
    return Case(None, ((condition, branches[0]),), default, type_)


def _try(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    operand = binder.expression(node.arguments[0], scope)
    return Try(operand, operand.type)


def _format(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    pattern = binder.expression(node.arguments[0], scope)
    if pattern.type.base not in ("varchar", "unknown"):
        raise SqlError(
            "TYPE_MISMATCH",
            f"Type of first argument to format() must be VARCHAR (actual: {display(pattern.type)})",
            node.arguments[0].at,
        )
    values = [binder.expression(argument, scope) for argument in node.arguments[1:]]
    for value, source in zip(values, node.arguments[1:], strict=True):
        plain = value.type.base in _FORMATTED or can_cast(value.type, t.VARCHAR)
        if not plain:
            raise SqlError(
                "NOT_SUPPORTED",
                f"Type not supported for formatting: {display(value.type)}",
                source.at,
            )
    return Call("format", (coerce(pattern, t.VARCHAR), *values), t.VARCHAR)


_FORMATTED = frozenset(("boolean", "varchar", "char", "unknown", "date", "uuid"))


def _grouping(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    """A call that the grouping of the select turns into `Grouping`."""
    if not node.arguments:
        return Call("grouping", (), t.BIGINT)
    arguments = tuple(binder.expression(argument, scope) for argument in node.arguments)
    return Call("grouping", arguments, t.INTEGER if len(arguments) < 32 else t.BIGINT)


_DAY_FIELDS = frozenset(
    (
        *("year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow"),
        *("day_of_year", "doy", "year_of_week", "yow"),
    )
)
_CLOCK_FIELDS = frozenset(("hour", "minute", "second"))
_ZONE_FIELDS = frozenset(("timezone_hour", "timezone_minute"))
_EXTRACT_NAMES = {
    "day_of_month": "day",
    "dow": "day_of_week",
    "doy": "day_of_year",
    "yow": "year_of_week",
}


def _extract(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    """EXTRACT(field FROM value): the function of the field's name."""
    name = _word(node)
    value = binder.expression(node.arguments[1], scope)
    base = value.type.base
    allowed = (
        (name in _DAY_FIELDS and base in ("date", "timestamp", "timestamp with time zone"))
        or (
            name in _CLOCK_FIELDS
            and base in ("time", "time with time zone", "timestamp", "timestamp with time zone")
        )
        or (name in _ZONE_FIELDS and base in ("time with time zone", "timestamp with time zone"))
        or (name in ("year", "month") and base == "interval year to month")
        or (
            name in ("day", "day_of_month", "hour", "minute", "second")
            and base == "interval day to second"
        )
    )
    if not allowed:
        raise SqlError(
            "TYPE_MISMATCH",
            f"Cannot extract {name.upper()} from {display(value.type)}",
            node.arguments[1].at,
        )
    return Call(_EXTRACT_NAMES.get(name, name), (value,), t.BIGINT)


def _word(node: nodes.FunctionCall) -> str:
    """The field or mode that the parser put first."""
    first = node.arguments[0]
    if not isinstance(first, nodes.StringLiteral):
        raise SqlError(
            "SYNTAX_ERROR", f"Unexpected parameters for function {describe(node)}", node.at
        )
    return first.value


_TRIMS = {"both": "trim", "leading": "ltrim", "trailing": "rtrim"}


def _trim(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    """TRIM([LEADING|TRAILING|BOTH] [characters] FROM text)."""
    name = _TRIMS[_word(node)]
    values = [binder.expression(argument, scope) for argument in node.arguments[1:]]
    chosen = resolve(name, tuple(value.type for value in values), node.at)
    coerced = (coerce(v, a) for v, a in zip(values, chosen.arguments, strict=True))
    return Call(name, tuple(coerced), chosen.result)


# ---------------------------------------------------------------- what the session knows


def _picoseconds(binder: Binder, digits: int) -> int:
    """The session's instant since the epoch, cut to that many digits of a second."""
    elapsed = binder.context.now.astimezone(UTC) - _EPOCH
    microseconds = (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
    unit: int = 10 ** (12 - digits)
    return microseconds * 1_000_000 // unit * unit


def _digits(node: nodes.FunctionCall) -> int:
    if not node.arguments:
        return 3
    literal = node.arguments[0]
    if not isinstance(literal, nodes.IntegerLiteral) or literal.value > 12:
        raise SqlError(
            "NUMERIC_VALUE_OUT_OF_RANGE",
            f"Precision must be in range [0, 12]: {describe(literal)}",
            node.at,
        )
    return literal.value


def _current_date(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    return Constant(_picoseconds(binder, 0) // PICOSECONDS_A_DAY, t.DATE)


def _current_timestamp(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    digits = _digits(node)
    return Constant((_picoseconds(binder, digits), "UTC"), t.timestamp_tz(digits))


def _now(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    resolve("now", tuple(binder.expression(each, scope).type for each in node.arguments), node.at)
    return _current_timestamp(binder, node, scope)


def _localtimestamp(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    digits = _digits(node)
    return Constant(_picoseconds(binder, digits), t.timestamp(digits))


def _current_time(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    digits = _digits(node)
    picoseconds = _picoseconds(binder, digits) % PICOSECONDS_A_DAY
    return Constant((picoseconds, "+00:00"), t.time_tz(digits))


def _localtime(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    digits = _digits(node)
    return Constant(_picoseconds(binder, digits) % PICOSECONDS_A_DAY, t.time(digits))


def _current_user(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    return Constant(binder.context.user, t.VARCHAR)


def _current_catalog(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    return Constant(binder.context.catalog, t.VARCHAR)


def _current_schema(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    return Constant(binder.context.database, t.VARCHAR)


def _current_timezone(binder: Binder, node: nodes.FunctionCall, scope: Scope) -> BoundExpression:
    resolve("current_timezone", tuple(t.UNKNOWN for _ in node.arguments), node.at)
    return Constant(binder.context.zone, t.VARCHAR)


SpecialForm = Callable[[Binder, nodes.FunctionCall, Scope], BoundExpression]

SPECIAL_FORMS: Mapping[str, SpecialForm] = {
    "coalesce": _coalesce,
    "nullif": _nullif,
    "if": _if,
    "try": _try,
    "format": _format,
    "grouping": _grouping,
    "extract": _extract,
    "trim": _trim,
    "current_date": _current_date,
    "current_timestamp": _current_timestamp,
    "localtimestamp": _localtimestamp,
    "current_time": _current_time,
    "localtime": _localtime,
    "now": _now,
    "current_user": _current_user,
    "current_catalog": _current_catalog,
    "current_schema": _current_schema,
    "current_timezone": _current_timezone,
}
