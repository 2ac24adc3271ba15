"""Which expressions may fail on some row, so that AND, OR and filters must not compute them early.

Counted is what people guard against: division, casts from text, subscripts, parsing. Overflow of
sums and products, and of casts between numbers, is not: a condition around each of them would hide
comparisons from the optimizer.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from local_athena.sql import bound
from local_athena.sql.pruning.constants import fold

_SAFE_CALLS = frozenset(
    (
        "abs",
        "at_timezone",
        "bitwise_and",
        "bitwise_not",
        "bitwise_or",
        "bitwise_xor",
        "cardinality",
        "ceil",
        "ceiling",
        "coalesce",
        "concat",
        "contains",
        "current_date",
        "date_add",
        "date_diff",
        "date_format",
        "date_trunc",
        "day",
        "day_of_month",
        "day_of_week",
        "day_of_year",
        "dow",
        "doy",
        "floor",
        "greatest",
        "hour",
        "if",
        "is_finite",
        "is_infinite",
        "is_nan",
        "json_array_length",
        "json_extract",
        "json_extract_scalar",
        "json_format",
        "last_day_of_month",
        "least",
        "length",
        "lower",
        "ltrim",
        "map_keys",
        "map_values",
        "md5",
        "millisecond",
        "minute",
        "month",
        "now",
        "quarter",
        "regexp_like",
        "replace",
        "reverse",
        "round",
        "rtrim",
        "second",
        "sha1",
        "sha256",
        "sha512",
        "sign",
        "starts_with",
        "strpos",
        "substr",
        "substring",
        "to_hex",
        "to_utf8",
        "trim",
        "truncate",
        "upper",
        "week",
        "week_of_year",
        "year",
        "year_of_week",
        "yow",
    )
)
_NUMBERS = frozenset(
    ("boolean", "tinyint", "smallint", "integer", "bigint", "decimal", "double", "real")
)
_MOMENTS = frozenset(("date", "timestamp", "timestamp with time zone"))


def _cast_may_raise(node: bound.Cast) -> bool:
    if node.safe or fold(node) is not None:
        return False
    source, target = node.operand.type.base, node.type.base
    if source == "unknown" or node.operand.type == node.type:
        return False
    if source in _NUMBERS and target in _NUMBERS:
        return False
    if target in ("varchar", "char"):
        return node.type.arguments != (None,) and source not in ("varchar", "char")
    if source in _MOMENTS and target in _MOMENTS:
        return False
    return source not in ("varchar", "char") or target not in (
        "varbinary",
        "joniregexp",
        "jsonpath",
    )


def may_raise(expression: Any) -> bool:
    """Whether computing it can fail for some values. Errs to True for what is not known."""
    waiting: list[Any] = [expression]
    while waiting:
        node = waiting.pop()
        kind: Any = type(node)
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
        waiting.extend(getattr(node, name) for name in _parts(kind))
    return False


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    """The fields of a bound node of that class that are computed with; none for anything else."""
    if kind.__module__ != bound.__name__ or not dataclasses.is_dataclass(kind):
        return ()
    return tuple(f.name for f in dataclasses.fields(kind) if f.name not in ("type", "compared"))


def _safe_operator(node: bound.Call) -> bool:
    if node.name in ("$add", "$subtract", "$multiply", "$negate"):
        return True
    if node.name == "$subscript":
        return False
    if node.type.base in ("double", "real"):
        return True
    divisor = node.arguments[1]
    while isinstance(divisor, bound.Cast):
        divisor = divisor.operand
    return isinstance(divisor, bound.Constant) and bool(divisor.value)


NESTED = frozenset(("array", "map", "row", "json", "unknown"))
"""Types whose parts may fail alone."""
_ON_NULL_NULL = frozenset(
    (
        "$divide",
        "$modulus",
        "date_parse",
        "from_base",
        "from_base64",
        "from_hex",
        "from_iso8601_date",
        "from_iso8601_timestamp",
        "lower",
        "ltrim",
        "parse_datetime",
        "replace",
        "rtrim",
        "substr",
        "substring",
        "trim",
        "upper",
        "url_decode",
    )
)


def hands_failure_on(expression: Any) -> bool:
    """Whether NULL in place of a failure, anywhere inside, makes the whole NULL.

    So it is of casts and of functions that are NULL for any NULL argument, one in the other.
    """
    kind = type(expression)
    if kind in (bound.Constant, bound.Reference, bound.LambdaVariable):
        return True
    if expression.type.base in NESTED:
        return False
    if kind is bound.Cast:
        whole = not expression.safe and expression.operand.type.base not in NESTED
        return whole and hands_failure_on(expression.operand)
    if kind is bound.Call and expression.name in _ON_NULL_NULL:
        return all(hands_failure_on(argument) for argument in expression.arguments)
    return False
