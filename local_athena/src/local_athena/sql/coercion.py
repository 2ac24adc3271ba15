"""Which types meet, and how: Trino's implicit coercions, common super types, casts, comparability.

Rules of Trino's TypeCoercion and of its cast operators, held against its own answers by the golden
tests. Everything here is a function of types alone and cached.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from local_athena.sql import types as t
from local_athena.sql.types import Field, Type, element_of, fields_of

INTEGER_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
"""The precision of the decimal that holds every value of an integer type."""

_NUMERIC_RANK = {
    name: rank
    for rank, name in enumerate(
        ("tinyint", "smallint", "integer", "bigint", "decimal", "real", "double")
    )
}
NUMERIC = frozenset(_NUMERIC_RANK)
INSTANTS = frozenset(
    ("date", "time", "time with time zone", "timestamp", "timestamp with time zone")
)
_SIZED = frozenset(INSTANTS - {"date"} | {"varchar", "char"})
_TEXT_PATTERNS = ("joniregexp", "jsonpath", "codepoints")

_FROM_UNKNOWN = {
    "varchar": t.varchar(0),
    "char": t.char(0),
    "decimal": t.decimal(1, 0),
    "timestamp": t.timestamp(3),
    "timestamp with time zone": t.timestamp_tz(3),
    "time": t.time(0),
    "time with time zone": t.time_tz(0),
}

_NOT_COMPARABLE = frozenset(
    (
        *("function", "hyperloglog", "p4hyperloglog", "tdigest", "qdigest", "setdigest"),
        *("sphericalgeography", "color", "kdbtree", "joniregexp", "jsonpath"),
        *("codepoints", "json2016"),
    )
)
_NOT_ORDERABLE = frozenset(("map", "json", "bingtile", "geometry"))


@lru_cache(maxsize=4096)
def as_base(type_: Type, base: str) -> Type | None:
    """The type of that base name which every value of `type_` can be seen as; None without one.

    `integer` as `decimal` is decimal(10, 0); `date` as `timestamp` is timestamp(0).
    """
    own = type_.base
    if own == base:
        return type_
    if own == "unknown":
        return _FROM_UNKNOWN.get(base) or (
            None if base in ("array", "map", "row", "function", "qdigest") else Type(base)
        )
    if own in _NUMERIC_RANK and base in _NUMERIC_RANK:
        if _NUMERIC_RANK[own] > _NUMERIC_RANK[base]:
            return None
        return t.decimal(INTEGER_DIGITS[own], 0) if base == "decimal" else Type(base)
    if own == "date" and base in ("timestamp", "timestamp with time zone"):
        return Type(base, (0,))
    if own in ("time", "timestamp") and base == f"{own} with time zone":
        return Type(base, type_.arguments)
    if own == "varchar" and base == "char":
        length = t.number_of(type_)
        return t.char(65_536 if length is None else min(length, 65_536))
    if own in ("varchar", "char") and base in _TEXT_PATTERNS:
        return Type(base)
    return None


@lru_cache(maxsize=16384)
def common_super_type(left: Type, right: Type) -> Type | None:
    """The smallest type that both coerce to; None when they do not meet."""
    if left == right or right.base == "unknown":
        return left
    if left.base == "unknown":
        return right
    if left.base == right.base:
        return _common_of_base(left, right)
    widened = as_base(left, right.base)
    if widened is not None:
        return common_super_type(widened, right)
    widened = as_base(right, left.base)
    if widened is not None:
        return common_super_type(left, widened)
    return None


def _common_of_base(left: Type, right: Type) -> Type | None:
    base = left.base
    if base == "decimal":
        (p1, s1), (p2, s2) = t.decimal_size(left), t.decimal_size(right)
        scale = max(s1, s2)
        return t.decimal(min(38, max(p1 - s1, p2 - s2) + scale), scale)
    if base in _SIZED:
        size1, size2 = t.number_of(left), t.number_of(right)
        return Type(base, (None if size1 is None or size2 is None else max(size1, size2),))
    if base in ("array", "map"):
        inner: list[Type] = []
        for index in range(len(left.arguments)):
            common = common_super_type(element_of(left, index), element_of(right, index))
            if common is None:
                return None
            inner.append(common)
        return Type(base, tuple(inner))
    if base == "row":
        mine, theirs = fields_of(left), fields_of(right)
        if len(mine) != len(theirs):
            return None
        fields: list[Field] = []
        for a, b in zip(mine, theirs, strict=True):
            common = common_super_type(a.type, b.type)
            if common is None:
                return None
            fields.append(Field(a.name if a.name == b.name else None, common))
        return t.row(*fields)
    return None


def common_of(types: Iterable[Type]) -> Type | None:
    """The common super type of all; `unknown` of none."""
    result: Type | None = t.UNKNOWN
    for type_ in types:
        result = common_super_type(result, type_)
        if result is None:
            return None
    return result


@lru_cache(maxsize=16384)
def can_coerce(source: Type, target: Type) -> bool:
    """Whether a value of `source` becomes one of `target` without a word."""
    if source.base == "row" and target.base == "row":
        mine, theirs = fields_of(source), fields_of(target)
        return len(mine) == len(theirs) and all(
            can_coerce(a.type, b.type) for a, b in zip(mine, theirs, strict=True)
        )
    return common_super_type(source, target) == target


@lru_cache(maxsize=4096)
def is_comparable(type_: Type) -> bool:
    """Whether `=` and grouping work on the type."""
    if type_.base == "array":
        return is_comparable(element_of(type_))
    if type_.base == "map":
        return is_comparable(element_of(type_, 1))
    if type_.base == "row":
        return all(is_comparable(field.type) for field in fields_of(type_))
    return type_.base not in _NOT_COMPARABLE


@lru_cache(maxsize=4096)
def is_orderable(type_: Type) -> bool:
    """Whether `<` and ORDER BY work on the type."""
    if type_.base == "array":
        return is_orderable(element_of(type_))
    if type_.base == "row":
        return all(is_orderable(field.type) for field in fields_of(type_))
    return type_.base not in _NOT_ORDERABLE and is_comparable(type_)


_CASTS: dict[str, frozenset[str]] = {
    "boolean": NUMERIC | {"varchar"},
    "varchar": NUMERIC | INSTANTS | {"boolean", "char", "varbinary", "uuid", "ipaddress"},
    "char": frozenset(("varchar",)),
    "date": frozenset(("timestamp", "timestamp with time zone", "varchar")),
    "time": INSTANTS - {"date"} | {"varchar"},
    "time with time zone": INSTANTS - {"date"} | {"varchar"},
    "timestamp": INSTANTS | {"varchar"},
    "timestamp with time zone": INSTANTS | {"varchar"},
    "interval day to second": frozenset(("varchar",)),
    "interval year to month": frozenset(("varchar",)),
    "uuid": frozenset(("varbinary",)),
    "ipaddress": frozenset(("varbinary",)),
    "varbinary": frozenset(("uuid", "ipaddress", "hyperloglog", "tdigest", "setdigest", "qdigest")),
    "hyperloglog": frozenset(("varbinary", "p4hyperloglog")),
    "p4hyperloglog": frozenset(("hyperloglog",)),
    "tdigest": frozenset(("varbinary",)),
    "setdigest": frozenset(("varbinary", "hyperloglog")),
    "qdigest": frozenset(("varbinary",)),
}
_TO_JSON = NUMERIC | {"boolean", "varchar", "date", "timestamp"}
_FROM_JSON = NUMERIC | {"boolean", "varchar"}
_JSON_KEYS = NUMERIC | {"boolean", "varchar", "unknown"}


@lru_cache(maxsize=4096)
def can_cast(source: Type, target: Type) -> bool:
    """Whether CAST from one type to the other exists, be it that some values fail."""
    if source.base == "unknown" or can_coerce(source, target):
        return True
    own, base = source.base, target.base
    if base == "json":
        return _can_become_json(source)
    if own == "json":
        return _can_come_of_json(target)
    if own == base and own in ("array", "map"):
        return all(
            can_cast(element_of(source, index), element_of(target, index))
            for index in range(len(source.arguments))
        )
    if own == base == "row":
        mine, theirs = fields_of(source), fields_of(target)
        return len(mine) == len(theirs) and all(
            can_cast(a.type, b.type) for a, b in zip(mine, theirs, strict=True)
        )
    if own == base:
        return own != "qdigest" and own != "function"
    if own in NUMERIC and (base in NUMERIC or base in ("boolean", "varchar")):
        return True
    if own in ("uuid", "ipaddress") and base == "varchar":
        return t.number_of(target) is None
    return base in _CASTS.get(own, ())


def has_json_keys(type_: Type) -> bool:
    """Whether the maps in a type have keys that an object's names can be read from and written
    to: Trino finds out after it allowed the cast."""
    inner = [a.type if isinstance(a, Field) else a for a in type_.arguments]
    if type_.base == "map" and element_of(type_).base not in _JSON_KEYS:
        return False
    return all(has_json_keys(part) for part in inner if isinstance(part, Type))


def _can_become_json(source: Type) -> bool:
    if source.base == "array":
        return _can_become_json(element_of(source))
    if source.base == "map":
        return can_cast(element_of(source), t.VARCHAR) and _can_become_json(element_of(source, 1))
    if source.base == "row":
        return all(_can_become_json(field.type) for field in fields_of(source))
    return source.base in _TO_JSON or source.base in ("json", "unknown")


def _can_come_of_json(target: Type) -> bool:
    if target.base == "array":
        return _can_come_of_json(element_of(target))
    if target.base == "map":
        return can_cast(t.VARCHAR, element_of(target)) and _can_come_of_json(element_of(target, 1))
    if target.base == "row":
        return all(_can_come_of_json(field.type) for field in fields_of(target))
    return target.base in _FROM_JSON or target.base == "json"
