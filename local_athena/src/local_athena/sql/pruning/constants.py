"""Constant expressions worked out while planning, by Trino's rules; what is not sure stays unknown.

`Constant` values are those of `sql.bound`; `value_of` turns them into the values of domains.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from local_athena.sql.bound import BoundExpression, Call, Cast, Constant
from local_athena.sql.instants import (
    days_of,
    is_day,
    is_moment,
    read_date,
    read_timestamp,
)
from local_athena.sql.types import Type
from local_athena.sql.zone_names import no_zone

INTEGERS = {
    "tinyint": 1 << 7,
    "smallint": 1 << 15,
    "integer": 1 << 31,
    "bigint": 1 << 63,
}
_DAY = 86_400 * 10**12
_INTEGER = re.compile(r"-?[0-9]{1,20}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_EPOCH_DAY = date(1970, 1, 1)
_UNITS = {
    "millisecond": 10**9,
    "second": 10**12,
    "minute": 60 * 10**12,
    "hour": 3600 * 10**12,
    "day": _DAY,
    "week": 7 * _DAY,
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class UnknownValueError(Exception):
    """The expression's value is not known while planning."""


def fold(expression: BoundExpression) -> Constant | None:
    """The expression's value, if it is constant and planning can tell it."""
    try:
        return _fold(expression)
    except (UnknownValueError, OverflowError, ArithmeticError):
        return None


def value_of(constant: Constant) -> Any:
    """A constant that is not NULL, as domains hold it.

    Raises:
        UnknownValueError: its type has no domains, or Python has no such date.
    """
    base, value = constant.type.base, constant.value
    if base in INTEGERS or base in ("boolean", "varchar", "decimal", "double", "real"):
        return value
    try:
        if base == "date":
            return _EPOCH_DAY + timedelta(days=value)
        if base == "timestamp":
            return _instant(value)
        if base == "timestamp with time zone":
            return _instant(value[0])
    except OverflowError:
        pass
    raise UnknownValueError(str(constant.type))


def _instant(picoseconds: int) -> datetime:
    microseconds, rest = divmod(picoseconds, 10**6)
    if rest:
        raise UnknownValueError("finer than a microsecond")
    return _EPOCH + timedelta(microseconds=microseconds)


def _fold(expression: BoundExpression) -> Constant:
    if isinstance(expression, Constant):
        return expression
    if isinstance(expression, Cast):
        operand = _fold(expression.operand)
        if operand.value is None:
            return Constant(None, expression.type)
        return Constant(_cast(operand, expression.type), expression.type)
    if isinstance(expression, Call):
        arguments = [_fold(argument) for argument in expression.arguments]
        if any(argument.value is None for argument in arguments):
            raise UnknownValueError(expression.name)
        return Constant(_call(expression, arguments), expression.type)
    raise UnknownValueError(type(expression).__name__)


# ---------------------------------------------------------------- casts


def _cast(constant: Constant, target: Type) -> Any:
    source, value = constant.type, constant.value
    if source == target:
        return value
    if target.base in INTEGERS and source.base in INTEGERS:
        return _fits(value, target)
    if target.base in INTEGERS and source.base == "varchar" and _INTEGER.match(value):
        return _fits(int(value), target)
    if target.base == "decimal" and (source.base in INTEGERS or source.base == "decimal"):
        return _decimal(Decimal(value), target)
    if target.base == "double" and source.base in INTEGERS:
        return float(value)
    if target.base == "varchar":
        return _cast_to_text(constant, target)
    if target.base == "date":
        return _cast_to_date(constant)
    if target.base in ("timestamp", "timestamp with time zone"):
        return _cast_to_instant(constant, target)
    raise UnknownValueError(f"{source} to {target}")


def _fits(value: int, target: Type) -> int:
    limit = INTEGERS[target.base]
    if not -limit <= value < limit:
        raise UnknownValueError("out of range")
    return value


def _decimal(value: Decimal, target: Type) -> Decimal:
    precision, scale = target.arguments
    if not isinstance(precision, int) or not isinstance(scale, int):
        raise UnknownValueError(str(target))
    with localcontext() as context:
        context.prec = 100
        found = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
        if abs(found) >= Decimal(10) ** (precision - scale):
            raise UnknownValueError("out of range")
    return found


def _cast_to_text(constant: Constant, target: Type) -> str:
    length = target.arguments[0]
    if constant.type.base == "varchar":
        return str(constant.value) if length is None else str(constant.value)[: _count(length)]
    if constant.type.base in INTEGERS:
        text = str(constant.value)
    elif constant.type.base == "date" and value_of(constant).year >= 1:
        text = value_of(constant).isoformat()
    else:
        raise UnknownValueError(str(constant.type))
    if length is not None and len(text) > _count(length):
        raise UnknownValueError("too long")
    return text


def _count(length: object) -> int:
    if not isinstance(length, int):
        raise UnknownValueError("length")
    return length


def _cast_to_date(constant: Constant) -> int:
    base, value = constant.type.base, constant.value
    if base == "date":
        return int(value)
    if base == "timestamp":
        return int(value // _DAY)
    if base == "timestamp with time zone" and value[1] == "UTC":
        return int(value[0] // _DAY)
    if base == "varchar":
        found = read_date(value)
        if found is not None and is_day(found):
            return found
    raise UnknownValueError(str(constant.type))


def _cast_to_instant(constant: Constant, target: Type) -> Any:
    base, value = constant.type.base, constant.value
    if base == "date":
        found = value * _DAY
    elif base == "timestamp":
        found = value
    elif base == "timestamp with time zone" and value[1] == "UTC":
        found = value[0]
    elif base == "varchar":
        read = read_timestamp(value, no_zone)
        if read is None:
            raise UnknownValueError(value)
        found = read[0]
    else:
        raise UnknownValueError(str(constant.type))
    digits = target.arguments[0]
    if not isinstance(digits, int):
        raise UnknownValueError(str(target))
    unit: int = 10 ** (12 - digits)
    found = (found + unit // 2) // unit * unit
    zoned = target.base == "timestamp with time zone"
    if not is_moment(found, digits, zoned):
        raise UnknownValueError(str(value))
    return (found, "UTC") if zoned else found


# ---------------------------------------------------------------- calls


def _call(call: Call, arguments: list[Constant]) -> Any:
    name = call.name
    if name == "$negate":
        return _number(-arguments[0].value, call.type)
    if name in ("$add", "$subtract"):
        return _sum(call, arguments[0], arguments[1], 1 if name == "$add" else -1)
    if name == "$multiply" and call.type.base in INTEGERS:
        return _fits(arguments[0].value * arguments[1].value, call.type)
    if name == "$multiply" and call.type.base.startswith("interval"):
        left, right = arguments
        if left.type.base in INTEGERS or right.type.base in INTEGERS:
            return left.value * right.value
    if name == "concat" and call.type.base == "varchar":
        return "".join(argument.value for argument in arguments)
    if name == "date":
        return _cast_to_date(arguments[0])
    if name == "date_add" and arguments[1].type.base in INTEGERS:
        return _date_add(arguments[0].value, arguments[1].value, arguments[2])
    if name == "date_trunc":
        return _date_trunc(arguments[0].value, arguments[1])
    if name in _DATE_PARTS:
        return _DATE_PARTS[name](_EPOCH_DAY + timedelta(days=_cast_to_date(arguments[0])))
    if arguments and arguments[0].type.base == "varchar":
        return _text_call(name, [argument.value for argument in arguments])
    raise UnknownValueError(name)


_DATE_PARTS: dict[str, Callable[[date], int]] = {
    "year": lambda day: day.year,
    "quarter": lambda day: (day.month + 2) // 3,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "day_of_month": lambda day: day.day,
    "day_of_week": lambda day: day.isoweekday(),
}


def _text_call(name: str, values: list[Any]) -> Any:
    text = values[0]
    if name == "length":
        return len(text)
    if name in ("lower", "upper") and text.isascii():
        return text.lower() if name == "lower" else text.upper()
    if name in ("substr", "substring") and values[1] > 0:
        end = None if len(values) == 2 else values[1] - 1 + max(values[2], 0)
        return text[values[1] - 1 : end]
    if name == "date_parse" and values[1] == "%Y-%m-%d":
        days = read_date(text)
        if days is not None:
            return days * _DAY
    raise UnknownValueError(name)


def _number(value: Any, type_: Type) -> Any:
    if type_.base in INTEGERS:
        return _fits(value, type_)
    if type_.base == "decimal":
        return value
    raise UnknownValueError(str(type_))


def _sum(call: Call, left: Constant, right: Constant, sign: int) -> Any:
    bases = (left.type.base, right.type.base)
    if call.type.base in INTEGERS:
        return _fits(left.value + sign * right.value, call.type)
    if bases == ("decimal", "decimal"):
        with localcontext() as context:
            context.prec = 100
            return _decimal(left.value + sign * right.value, call.type)
    if sign > 0 and bases[0].startswith("interval"):
        left, right = right, left
    if right.type.base == "interval day to second":
        return _moved(left, sign * right.value * 10**9)
    if right.type.base == "interval year to month":
        return _moved_months(left, sign * right.value)
    raise UnknownValueError(call.name)


def _date_add(unit: str, amount: int, constant: Constant) -> Any:
    unit = unit.lower()
    if unit in _UNITS:
        return _moved(constant, amount * _UNITS[unit])
    if unit in _MONTHS:
        return _moved_months(constant, amount * _MONTHS[unit])
    raise UnknownValueError(unit)


def _moved(constant: Constant, picoseconds: int) -> Any:
    base = constant.type.base
    if base == "date":
        days, rest = divmod(picoseconds, _DAY)
        if rest:
            raise UnknownValueError("not whole days")
        return constant.value + days
    if base == "timestamp":
        return constant.value + picoseconds
    if base == "timestamp with time zone" and constant.value[1] == "UTC":
        return constant.value[0] + picoseconds, "UTC"
    raise UnknownValueError(base)


def _moved_months(constant: Constant, months: int) -> Any:
    base, value = constant.type.base, constant.value
    if base == "timestamp with time zone" and value[1] == "UTC":
        moved = _moved_months(Constant(value[0], Type("timestamp", (12,))), months)
        return moved, "UTC"
    if base == "timestamp":
        days, clock = divmod(value, _DAY)
    elif base == "date":
        days, clock = value, 0
    else:
        raise UnknownValueError(base)
    day = _EPOCH_DAY + timedelta(days=days)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        found = days_of(year, month + 1, min(day.day, last))
        if found is not None:
            return found if base == "date" else found * _DAY + clock
    raise UnknownValueError("date")


def _date_trunc(unit: str, constant: Constant) -> Any:
    unit = unit.lower()
    base, value = constant.type.base, constant.value
    if base == "timestamp with time zone" and value[1] == "UTC":
        return _date_trunc(unit, Constant(value[0], Type("timestamp", (12,)))), "UTC"
    if base == "timestamp" and unit in _UNITS and unit != "week":
        return value // _UNITS[unit] * _UNITS[unit]
    days = value if base == "date" else value // _DAY
    day = _EPOCH_DAY + timedelta(days=days)
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    elif unit == "quarter":
        day = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    elif unit == "year":
        day = day.replace(month=1, day=1)
    elif unit != "day" or base != "date":
        raise UnknownValueError(unit)
    days = (day - _EPOCH_DAY).days
    if base == "date":
        return days
    if base == "timestamp":
        return days * _DAY
    raise UnknownValueError(base)


def utc(instant: datetime) -> datetime:
    """An aware instant as domains hold it."""
    return instant.astimezone(UTC).replace(tzinfo=None)
