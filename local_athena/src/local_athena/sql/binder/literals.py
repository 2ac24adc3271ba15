"""Literals to constants: their types by Trino's rules, their texts checked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Never

from local_athena.json_reading import read_json
from local_athena.sql import instants, nodes
from local_athena.sql import types as t
from local_athena.sql.binder.core import Binder
from local_athena.sql.binder.scope import Scope
from local_athena.sql.bound import BoundExpression, Call, Cast, Constant
from local_athena.sql.coercion import can_cast
from local_athena.sql.errors import SqlError
from local_athena.sql.type_text import type_of_name
from local_athena.sql.types import Type
from local_athena.sql.zone_names import literal_zone

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII | re.IGNORECASE)
MAX_BIGINT = 2**63 - 1
_RANGES = {"tinyint": 2**7, "smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_DECIMAL = re.compile(r"\s*([+-]?)(\d*)(?:\.(\d*))?\s*\Z", re.ASCII)
_FLOAT = re.compile(
    r"\s*([+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))[dDfF]?\s*\Z", re.ASCII
)


def bind_null(binder: Binder, node: nodes.NullLiteral, scope: Scope) -> BoundExpression:
    return Constant(None, t.UNKNOWN)


def bind_boolean(binder: Binder, node: nodes.BooleanLiteral, scope: Scope) -> BoundExpression:
    return Constant(node.value, t.BOOLEAN)


def bind_string(binder: Binder, node: nodes.StringLiteral, scope: Scope) -> BoundExpression:
    return Constant(node.value, t.varchar(len(node.value)))


def bind_binary(binder: Binder, node: nodes.BinaryLiteral, scope: Scope) -> BoundExpression:
    return Constant(node.value, t.VARBINARY)


def bind_integer(binder: Binder, node: nodes.IntegerLiteral, scope: Scope) -> BoundExpression:
    return integer_constant(node.value, node.at)


def integer_constant(value: int, at: nodes.At) -> Constant:
    """A whole number as written: integer when it fits, else bigint.

    Raises:
        SqlError: SYNTAX_ERROR when it does not even fit there.
    """
    if -MAX_BIGINT - 1 <= value <= MAX_BIGINT:
        return Constant(value, t.INTEGER if -(2**31) <= value < 2**31 else t.BIGINT)
    raise SqlError("SYNTAX_ERROR", f"Invalid numeric literal: {value}", at)


def bind_decimal(binder: Binder, node: nodes.DecimalLiteral, scope: Scope) -> BoundExpression:
    """A number with a point: a decimal, or a double where the context says so."""
    if binder.context.double_literals:
        return Constant(float(node.text), t.DOUBLE)
    return decimal_constant(node.text, node.at)


def decimal_constant(text: str, at: nodes.At) -> Constant:
    """A decimal of as many digits as are written, zeros in front aside.

    Raises:
        SqlError: INVALID_LITERAL.
    """
    match = _DECIMAL.match(text.replace("_", ""))
    if match is None or not (match[2] or match[3]):
        _invalid(text, "DECIMAL", at)
    whole, fraction = match[2].lstrip("0"), match[3] or ""
    precision = max(1, len(whole) + len(fraction))
    if precision > 38:
        _invalid(text, "DECIMAL", at)
    value = Decimal(f"{match[1]}{whole or '0'}.{fraction or '0'}")
    return Constant(value, t.decimal(precision, len(fraction)))


def bind_double(binder: Binder, node: nodes.DoubleLiteral, scope: Scope) -> BoundExpression:
    return Constant(float(node.text.replace("_", "")), t.DOUBLE)


def bind_typed(binder: Binder, node: nodes.TypedLiteral, scope: Scope) -> BoundExpression:
    """`TYPE 'text'`: a constant where the text can be read here, else a cast of it."""
    try:
        type_ = type_of_name(node.type)
    except SqlError as error:
        if not error.message.startswith("Unknown type"):
            raise
        raise SqlError(
            "TYPE_NOT_FOUND", f"Unknown resolvedType: {node.type.name.upper()}", node.at
        ) from None
    reader = _READERS.get(type_.base)
    if reader is not None:
        return reader(node, type_)
    text = Constant(node.value, t.varchar(len(node.value)))
    if not can_cast(text.type, type_):
        raise SqlError("INVALID_LITERAL", f"No literal form for type {t.display(type_)}", node.at)
    return Cast(text, type_)


def _invalid(text: str, kind: str, at: nodes.At) -> Never:
    raise SqlError("INVALID_LITERAL", f"'{text}' is not a valid {kind} literal", at)


def _check_digits(digits: int, kind: str, at: nodes.At) -> None:
    if digits > instants.MAX_DIGITS:
        message = f"{kind} precision must be in range [0, {instants.MAX_DIGITS}]: {digits}"
        raise SqlError("NUMERIC_VALUE_OUT_OF_RANGE", message, at)


def _read_date(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    days = instants.read_date(node.value)
    if days is None or not instants.is_day(days):
        _invalid(node.value, "DATE", node.at)
    return Constant(days, t.DATE)


def _read_time(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    read = instants.read_time(node.value)
    if read is None:
        _invalid(node.value, "TIME", node.at)
    picoseconds, digits, zone = read
    _check_digits(digits, "TIME", node.at)
    if zone is None:
        return Constant(picoseconds, t.time(digits))
    return Constant((picoseconds, zone), t.time_tz(digits))


def _read_timestamp(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    try:
        read = instants.read_wall(node.value, literal_zone)
    except SqlError as error:
        raise SqlError(error.name, error.message, node.at) from None
    if read is None or node.value[:1].isspace():
        _invalid(node.value, "TIMESTAMP", node.at)
    wall, digits, zone = read
    _check_digits(digits, "TIMESTAMP", node.at)
    picoseconds = wall if zone is None else instants.utc_of(wall, zone)
    skipped = zone is not None and instants.is_skipped(wall, zone)
    if skipped or not instants.is_moment(picoseconds, digits, zone is not None):
        _invalid(node.value, "TIMESTAMP", node.at)
    if zone is None:
        return Constant(picoseconds, t.timestamp(digits))
    return Constant((picoseconds, zone), t.timestamp_tz(digits))


def _read_decimal(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    return decimal_constant(node.value, node.at)


def _read_integer(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    limit = _RANGES[type_.base]
    if not re.match(r"\s*[+-]?\d+\s*\Z", node.value, re.ASCII):
        _invalid(node.value, type_.base.upper(), node.at)
    value = int(node.value)
    if not -limit <= value < limit:
        _invalid(node.value, type_.base.upper(), node.at)
    return Constant(value, type_)


def _read_double(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    match = _FLOAT.match(node.value)
    if match is None:
        _invalid(node.value, "DOUBLE", node.at)
    return Constant(float(match[1]), t.DOUBLE)


def _read_boolean(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    word = node.value.lower()
    if word not in ("true", "false", "t", "f", "1", "0"):
        _invalid(node.value, "BOOLEAN", node.at)
    return Constant(word in ("true", "t", "1"), t.BOOLEAN)


def _read_varchar(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    length = t.number_of(type_)
    return Constant(node.value if length is None else node.value[:length], type_)


def _read_json(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    def refuse(text: str) -> Never:
        raise ValueError(text)

    try:
        read_json(node.value, parse_constant=refuse)
    except (ValueError, RecursionError):
        _invalid(node.value, "JSON", node.at)
    return Call("json_parse", (Constant(node.value, t.varchar(len(node.value))),), t.JSON)


def _read_char(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    return Constant(node.value, t.char(len(node.value)))


def _read_uuid(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    if not _UUID.match(node.value):
        _invalid(node.value, "UUID", node.at)
    return Cast(Constant(node.value, t.varchar(len(node.value))), type_)


def _read_address(node: nodes.TypedLiteral, type_: Type) -> BoundExpression:
    try:
        ipaddress.ip_address(node.value)
    except ValueError:
        _invalid(node.value, "IPADDRESS", node.at)
    return Cast(Constant(node.value, t.varchar(len(node.value))), type_)


_READERS: dict[str, Callable[[nodes.TypedLiteral, Type], BoundExpression]] = {
    "date": _read_date,
    "time": _read_time,
    "time with time zone": _read_time,
    "timestamp": _read_timestamp,
    "timestamp with time zone": _read_timestamp,
    "decimal": _read_decimal,
    "tinyint": _read_integer,
    "smallint": _read_integer,
    "integer": _read_integer,
    "bigint": _read_integer,
    "double": _read_double,
    "boolean": _read_boolean,
    "varchar": _read_varchar,
    "char": _read_char,
    "json": _read_json,
    "uuid": _read_uuid,
    "ipaddress": _read_address,
}


# ---------------------------------------------------------------- intervals

_MONTHS = {"year": 12, "month": 1}
_MILLISECONDS = {"day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000}
_UNITS = ("day", "hour", "minute", "second")
_SIZES = ("year", "month", *_UNITS)


def _refuse_qualifier(node: nodes.IntervalLiteral) -> Never:
    qualifier = f"{node.unit} to {node.to_unit}".upper()
    raise SqlError("INVALID_LITERAL", f"Invalid interval qualifier: {qualifier}", node.at)


def bind_interval(binder: Binder, node: nodes.IntervalLiteral, scope: Scope) -> BoundExpression:
    """`INTERVAL '1-2' YEAR TO MONTH` in months, `INTERVAL '1 2:03' DAY TO MINUTE` in
    milliseconds."""
    first, last = node.unit, node.to_unit or node.unit
    if node.to_unit is not None and _SIZES.index(first) >= _SIZES.index(last):
        _refuse_qualifier(node)
    if first in _MONTHS and last in _MONTHS:
        value, type_ = _read_months(node.value, first, last), t.INTERVAL_YEAR_TO_MONTH
    elif first in _MILLISECONDS and last in _MILLISECONDS:
        value, type_ = _read_milliseconds(node.value, first, last), t.INTERVAL_DAY_TO_SECOND
    else:
        _refuse_qualifier(node)
    if value is None:
        shown = node.unit if node.to_unit is None else f"{node.unit} to {node.to_unit}"
        message = f"Invalid INTERVAL {shown.upper()} value: {node.value}"
        raise SqlError("INVALID_LITERAL", message, node.at)
    return Constant(node.sign * value, type_)


def _read_months(text: str, first: str, last: str) -> int | None:
    numbers = _read_numbers(text, ("year", "month") if first != last else (first,))
    if numbers is None:
        return None
    sign, parts = numbers
    total = sign * sum(count * _MONTHS[unit] for unit, count in parts.items())
    return total if -(2**31) <= total < 2**31 else None


def _read_milliseconds(text: str, first: str, last: str) -> int | None:
    numbers = _read_numbers(text, _UNITS[_UNITS.index(first) : _UNITS.index(last) + 1])
    if numbers is None:
        return None
    sign, parts = numbers
    sizes = {**_MILLISECONDS, "fraction": 1}
    return sign * sum(count * sizes[unit] for unit, count in parts.items())


def _read_numbers(text: str, units: tuple[str, ...]) -> tuple[int, dict[str, int]] | None:
    """(sign, whole numbers by unit, `fraction` in milliseconds) as Joda-Time's period parser reads
    them: the smaller units may be left out, or all; each number has 32 bits."""
    match = re.fullmatch("(-?)" + _numbers_pattern(units), text, re.ASCII)
    if match is None:
        return None
    parts = {unit: int(match[unit] or 0) for unit in units}
    if any(count >= 2**31 for count in parts.values()):
        return None
    if "second" in units:
        parts["fraction"] = int((match["fraction"] or "").ljust(3, "0")[:3])
    return -1 if match[1] else 1, parts


_SEPARATORS = {"year": "-", "day": " ", "hour": ":", "minute": ":"}
"""What stands behind a unit's number."""


def _numbers_pattern(units: tuple[str, ...]) -> str:
    unit, *smaller = units
    number = rf"(?P<{unit}>\+?\d+)"
    if unit == "second":
        return rf"{number}?(?:[.,](?P<fraction>\d{{0,9}}))?"
    if not smaller:
        return f"{number}?"
    return f"(?:{number}(?:{_SEPARATORS[unit]}{_numbers_pattern(tuple(smaller))})?)?"
