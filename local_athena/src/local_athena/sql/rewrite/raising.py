"""Which expressions may fail on some row, so that AND, OR and filters must not compute them early."""

from __future__ import annotations

import dataclasses
from typing import Any

from local_athena.sql import bound
from local_athena.sql.types import Type

_SAFE_CALLS = frozenset(
    ["lower", "upper", "length", "concat", "trim", "ltrim", "rtrim", "year", "month", "day", "hour", "minute", "second", "quarter", "week", "day_of_week", "day_of_year", "dow", "doy", "year_of_week", "yow", "week_of_year", "last_day_of_month", "date_trunc", "starts_with", "strpos", "reverse", "substr", "substring", "cardinality", "contains", "coalesce", "is_nan", "is_finite", "is_infinite", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "at_timezone", "to_utf8", "md5", "sha1", "sha256", "sha512", "to_hex", "greatest", "least", "abs", "round", "floor", "ceil", "ceiling", "date_diff", "replace", "current_date", "now", "map_keys", "map_values", "json_extract_scalar", "json_extract", "regexp_like", "date"]
)
_INTEGERS = ("tinyint", "smallint", "integer", "bigint")


def _rank(type_: Type) -> int:
    return _INTEGERS.index(type_.base) if type_.base in _INTEGERS else -1


def _cast_may_raise(node: bound.Cast) -> bool:
    if node.safe:
        return False
    source, target = node.operand.type, node.type
    if source.base == "unknown" or source == target:
        return False
    if _rank(source) >= 0 and _rank(target) >= _rank(source):
        return False
    if target.base in ("double", "real") and (
        _rank(source) >= 0 or source.base in ("decimal", "real")
    ):
        return False
    if target.base == "varchar":
        return bool(target.arguments != (None,) and source.base not in ("varchar", "char"))
    if target.base == "decimal" and source.base == "decimal":
        return not _widens(source, target)
    if target.base == "decimal" and _rank(source) >= 0:
        return not bool(node.implicit)
    if target.base.startswith("timestamp") or target.base == "date":
        return not (source.base.startswith("timestamp") or source.base == "date")
    return True


def _widens(source: Type, target: Type) -> bool:
    before, after = source.arguments, target.arguments
    return int(str(after[1])) >= int(str(before[1])) and int(str(after[0])) - int(
        str(after[1])
    ) >= int(str(before[0])) - int(str(before[1]))


def may_raise(expression: Any) -> bool:
    """Whether computing it can fail for some values. Errs to True for what is not known."""
    waiting: list[Any] = [expression]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is tuple:
            waiting.extend(node)
            continue
        if kind in (bound.Constant, bound.Reference, bound.LambdaVariable, bound.Try):
            continue
        if kind in (bound.Exists, bound.InQuery, bound.GroupKey, bound.Grouping, bound.Quantified):
            continue
        if kind is bound.Call:
            if node.name.startswith("$"):
                if not _safe_operator(node):
                    return True
            elif node.name not in _SAFE_CALLS:
                return True
        elif kind is bound.Cast:
            if _cast_may_raise(node):
                return True
        elif kind in (bound.ScalarQuery, bound.JsonOf):
            return True
        if dataclasses.is_dataclass(node) and kind.__module__ == bound.__name__:
            waiting.extend(
                getattr(node, field.name)
                for field in dataclasses.fields(node)
                if field.name not in ("type", "compared")
            )
    return False


def _safe_operator(node: bound.Call) -> bool:
    return node.type.base in ("double", "real") and node.name in (
        "$add",
        "$subtract",
        "$multiply",
        "$divide",
        "$modulus",
        "$negate",
    )
