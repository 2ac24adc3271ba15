"""Trino's types as values.

A type is its base name and its arguments: `Type("decimal", (10, 2))`, `Type("varchar", (None,))`
for a varchar without length, `Type("timestamp", (3,))`, `Type("timestamp with time zone", (3,))`,
`Type("array", (INTEGER,))`, `Type("row", (Field("a", INTEGER), Field(None, DATE)))`. `str(type)` is
Trino's own text of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_CAPITALS = {
    name.lower(): name
    for name in (
        *("HyperLogLog", "P4HyperLogLog", "SetDigest", "Geometry", "SphericalGeography"),
        *("BingTile", "KdbTree", "JoniRegExp", "JsonPath", "CodePoints", "ObjectId"),
    )
}
"""Base names that Trino does not write in lower case."""
_DECIMAL_BLANK = re.compile(r"decimal\((\d+), (\d+)\)")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a row type; its name is None when it has none."""

    name: str | None
    type: Type

    def __str__(self) -> str:
        if self.name is None:
            return str(self.type)
        plain = _PLAIN_NAME.match(self.name)
        name = self.name if plain else '"' + self.name.replace('"', '""') + '"'
        return f"{name} {self.type}"


@dataclass(frozen=True, slots=True)
class Type:
    """A Trino type: hashable, compared by value."""

    base: str
    arguments: tuple[int | Type | Field | None, ...] = ()

    def __str__(self) -> str:
        if self.base == "varchar" and self.arguments == (None,):
            return "varchar"
        if not self.arguments:
            return _CAPITALS.get(self.base, self.base)
        inner = ", ".join(str(argument) for argument in self.arguments)
        if self.base == "function":
            inner = inner.replace(", ", ",")
        if self.base.endswith(" with time zone"):
            return f"{self.base.removesuffix(' with time zone')}({inner}) with time zone"
        return f"{self.base}({inner})"


def display(type_: Type) -> str:
    """Trino's name of a type in messages and in typeof(): as `str`, but `decimal(2,1)` without
    blank."""
    return _DECIMAL_BLANK.sub(r"decimal(\1,\2)", str(type_))


def element_of(type_: Type, index: int = 0) -> Type:
    """An array's element, a map's key (0) or value (1), a qdigest's or function's part."""
    return cast("Type", type_.arguments[index])


def fields_of(type_: Type) -> tuple[Field, ...]:
    """A row's fields."""
    return tuple(field for field in type_.arguments if isinstance(field, Field))


def number_of(type_: Type, index: int = 0) -> int | None:
    """A length, precision or scale; None is varchar's missing length."""
    return cast("int | None", type_.arguments[index])


def digits_of(type_: Type) -> int:
    """The digits of the fraction that a time or timestamp type keeps."""
    return cast("int", type_.arguments[0])


def decimal_size(type_: Type) -> tuple[int, int]:
    """Precision and scale of a decimal type."""
    return cast("tuple[int, int]", type_.arguments)


BOOLEAN = Type("boolean")
TINYINT = Type("tinyint")
SMALLINT = Type("smallint")
INTEGER = Type("integer")
BIGINT = Type("bigint")
REAL = Type("real")
DOUBLE = Type("double")
DATE = Type("date")
VARBINARY = Type("varbinary")
VARCHAR = Type("varchar", (None,))
JSON = Type("json")
UUID = Type("uuid")
IPADDRESS = Type("ipaddress")
UNKNOWN = Type("unknown")
INTERVAL_DAY_TO_SECOND = Type("interval day to second")
INTERVAL_YEAR_TO_MONTH = Type("interval year to month")


def varchar(length: int | None) -> Type:
    """varchar(length in characters), or without limit."""
    return Type("varchar", (length,))


def char(length: int) -> Type:
    """char(length in characters)."""
    return Type("char", (length,))


def decimal(precision: int, scale: int) -> Type:
    """decimal(precision 1 to 38, scale 0 to precision)."""
    return Type("decimal", (precision, scale))


def time(precision: int) -> Type:
    """time(digits of a second's fraction, 0 to 12)."""
    return Type("time", (precision,))


def time_tz(precision: int) -> Type:
    """time(digits) with time zone."""
    return Type("time with time zone", (precision,))


def timestamp(precision: int) -> Type:
    """timestamp(digits of a second's fraction, 0 to 12)."""
    return Type("timestamp", (precision,))


def timestamp_tz(precision: int) -> Type:
    """timestamp(digits) with time zone."""
    return Type("timestamp with time zone", (precision,))


def array(element: Type) -> Type:
    """array(element)."""
    return Type("array", (element,))


def map_(key: Type, value: Type) -> Type:
    """map(key, value)."""
    return Type("map", (key, value))


def row(*fields: Field) -> Type:
    """row(fields)."""
    return Type("row", fields)


def function(*parts: Type) -> Type:
    """A lambda's type: its arguments' types, then its result's."""
    return Type("function", parts)
