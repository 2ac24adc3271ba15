"""Bound expressions as text for people: columns by name, coercions left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from local_athena.sql import bound
from local_athena.sql.bound import BoundExpression, Constant

_OPERATORS = {
    "$add": "+",
    "$subtract": "-",
    "$multiply": "*",
    "$divide": "/",
    "$modulus": "%",
    "concat": "||",
}
_DAY = 86_400 * 10**12
_EPOCH_DAY = date(1970, 1, 1)


def expression_text(
    expression: BoundExpression,
    keys: tuple[BoundExpression, ...] = (),
    names: Mapping[int, str] | None = None,
) -> str:
    """The expression; `keys` are what its GroupKeys stand for, `names` what columns are called
    (by id) other than by their names."""
    return _Writer(keys, names or {}).text(expression)


def constant_text(constant: Constant) -> str:
    """A literal, as it could be written."""
    value, base = constant.value, constant.type.base
    if value is None:
        return "NULL"
    if base == "date":
        return f"DATE '{_date(value)}'"
    if base == "timestamp":
        return f"TIMESTAMP '{_instant(value)}'"
    if base == "timestamp with time zone":
        return f"TIMESTAMP '{_instant(value[0])} {value[1]}'"
    return value_text(value)


def value_text(value: Any) -> str:
    """A plain value, or a value of a domain."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    text = str(value).replace("'", "''")
    return f"'{text}'"


def _date(days: int) -> str:
    try:
        return (_EPOCH_DAY + timedelta(days=days)).isoformat()
    except OverflowError:
        return f"1970-01-01 {days:+d} days"


def _instant(picoseconds: int) -> str:
    days, clock = divmod(picoseconds, _DAY)
    seconds, fraction = divmod(clock, 10**12)
    text = f"{_date(days)} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    digits = f"{fraction:012}".rstrip("0")
    return f"{text}.{digits}" if digits else text


def sort_text(
    key: bound.SortKey,
    keys: tuple[BoundExpression, ...] = (),
    names: Mapping[int, str] | None = None,
) -> str:
    """An ORDER BY item."""
    return _Writer(keys, names or {}).sort_key(key)


class _Writer:
    def __init__(self, keys: tuple[BoundExpression, ...], names: Mapping[int, str]) -> None:
        self.keys = keys
        self.names = names

    def all(self, expressions: Iterable[BoundExpression]) -> str:
        return ", ".join(self.text(expression) for expression in expressions)

    def text(self, expression: BoundExpression) -> str:
        match expression:
            case Constant():
                return constant_text(expression)
            case bound.Reference(column):
                return self.names.get(column.id) or column.name or f"column_{column.id}"
            case bound.LambdaVariable():
                return expression.name
            case bound.GroupKey(index):
                return self.text(self.keys[index]) if index < len(self.keys) else f"key_{index}"
            case bound.Cast(operand, type_):
                if expression.implicit:
                    return self.text(operand)
                word = "TRY_CAST" if expression.safe else "CAST"
                return f"{word}({self.text(operand)} AS {type_})"
            case bound.Call(name, arguments):
                return self.call(name, arguments)
            case bound.Comparison(operator, left, right):
                return f"{self.inner(left)} {operator.upper()} {self.inner(right)}"
            case bound.Logical(operator, operands):
                return f" {operator.upper()} ".join(self.inner(part) for part in operands)
            case bound.Not(operand):
                return f"NOT {self.inner(operand)}"
            case bound.IsNull(operand):
                return f"{self.inner(operand)} IS NULL"
        return self.special(expression)

    def inner(self, expression: BoundExpression) -> str:
        """The expression in brackets where it has operators of its own."""
        text = self.text(expression)
        plain = expression
        while isinstance(plain, bound.Cast) and plain.implicit:
            plain = plain.operand
        compound = (bound.Comparison, bound.Logical, bound.Not, bound.IsNull, bound.Between)
        infix = isinstance(plain, bound.Call) and plain.name in _OPERATORS
        return f"({text})" if infix or isinstance(plain, compound) else text

    def call(self, name: str, arguments: tuple[BoundExpression, ...]) -> str:
        operator = _OPERATORS.get(name)
        if operator is not None and len(arguments) >= 2:
            return f" {operator} ".join(self.inner(part) for part in arguments)
        if name == "$negate":
            return f"-{self.inner(arguments[0])}"
        if name == "$subscript":
            return f"{self.inner(arguments[0])}[{self.text(arguments[1])}]"
        return f"{name}({self.all(arguments)})"

    def special(self, expression: BoundExpression) -> str:
        match expression:
            case bound.Between(value, low, high):
                ends = f"{self.inner(low)} AND {self.inner(high)}"
                return f"{self.inner(value)} BETWEEN {ends}"
            case bound.InList(value, items):
                return f"{self.inner(value)} IN ({self.all(items)})"
            case bound.Like(value, pattern, escape):
                tail = "" if escape is None else f" ESCAPE {self.inner(escape)}"
                return f"{self.inner(value)} LIKE {self.inner(pattern)}{tail}"
            case bound.Coalesce(operands):
                return f"COALESCE({self.all(operands)})"
            case bound.NullIf(first, second):
                return f"NULLIF({self.text(first)}, {self.text(second)})"
            case bound.Try(operand):
                return f"TRY({self.text(operand)})"
            case bound.Case(operand, whens, default):
                head = "CASE" if operand is None else f"CASE {self.text(operand)}"
                parts = [f"WHEN {self.text(a)} THEN {self.text(b)}" for a, b in whens]
                if default is not None:
                    parts.append(f"ELSE {self.text(default)}")
                return " ".join([head, *parts, "END"])
            case bound.ArrayOf(items):
                return f"ARRAY[{self.all(items)}]"
            case bound.RowOf(items):
                return f"ROW({self.all(items)})"
            case bound.FieldOf(base, index):
                return f"{self.inner(base)}[{index + 1}]"
            case bound.LambdaOf(parameters, body):
                names = ", ".join(parameter.name for parameter in parameters)
                return f"({names}) -> {self.text(body)}"
            case bound.JsonOf(name, arguments):
                return f"{name.upper()}({self.all(arguments)})"
            case bound.Grouping(indexes):
                return f"GROUPING({self.all(bound.GroupKey(i, expression.type) for i in indexes)})"
        return self.aggregate(expression)

    def aggregate(self, expression: BoundExpression) -> str:
        match expression:
            case bound.Aggregate(name, arguments):
                inside = self.all(arguments) or "*"
                if expression.distinct:
                    inside = f"DISTINCT {inside}"
                if expression.order_by:
                    inside += f" ORDER BY {self.sort_keys(expression.order_by)}"
                return f"{name}({inside}){self.filter(expression.filter)}"
            case bound.WindowCall(name, arguments):
                inside = self.all(arguments)
                if expression.distinct:
                    inside = f"DISTINCT {inside}"
                if expression.sort_by:
                    inside += f" ORDER BY {self.sort_keys(expression.sort_by)}"
                parts = []
                if expression.partition_by:
                    parts.append(f"PARTITION BY {self.all(expression.partition_by)}")
                if expression.order_by:
                    parts.append(f"ORDER BY {self.sort_keys(expression.order_by)}")
                if expression.frame is not None:
                    parts.append(self.frame(expression.frame))
                head = f"{name}({inside})"
                nulls = " IGNORE NULLS" if expression.ignore_nulls else ""
                return f"{head}{nulls} OVER ({' '.join(parts)})"
            case bound.Exists():
                return "EXISTS (subquery)"
            case bound.ScalarQuery():
                return "(subquery)"
            case bound.InQuery(value):
                return f"{self.inner(value)} IN (subquery)"
            case bound.Quantified(operator, quantifier, value):
                return f"{self.inner(value)} {operator} {quantifier.upper()} (subquery)"
        return type(expression).__name__

    def filter(self, condition: BoundExpression | None) -> str:
        return "" if condition is None else f" FILTER (WHERE {self.text(condition)})"

    def frame(self, frame: bound.FrameOf) -> str:
        start = self.end(frame.start, frame.start_value)
        return f"{frame.unit.upper()} BETWEEN {start} AND {self.end(frame.end, frame.end_value)}"

    def end(self, kind: str, value: BoundExpression | None) -> str:
        return kind.upper() if value is None else f"{self.inner(value)} {kind.upper()}"

    def sort_keys(self, keys: Iterable[bound.SortKey]) -> str:
        return ", ".join(self.sort_key(key) for key in keys)

    def sort_key(self, key: bound.SortKey) -> str:
        direction = "DESC" if key.descending else "ASC"
        nulls = "FIRST" if key.nulls_first else "LAST"
        return f"{self.text(key.key)} {direction} NULLS {nulls}"
