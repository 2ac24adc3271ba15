"""CAST to json and from json: one Python converter for each pair of types, built by the type."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from local_athena.functions.casts import cast_text, same_values
from local_athena.functions.java_numbers import (
    double_text,
    java_float,
    read_decimal,
    read_double,
    read_integer,
)
from local_athena.functions.json_text import Number, dump, number_text, quoted, read
from local_athena.functions.text import let
from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, element_of, entry_of, fields_of
from local_athena.sql.types import VARCHAR, Field, Type, display

_INTEGERS = {"tinyint": 7, "smallint": 15, "integer": 31, "bigint": 63}
_TEXTUAL = frozenset(
    (
        "date",
        "timestamp",
        "timestamp with time zone",
        "time",
        "time with time zone",
        "uuid",
        "ipaddress",
        "interval day to second",
        "interval year to month",
    )
)


# ---------------------------------------------------------------- to json


def to_json(value: str, source: Type, target: Type) -> str:
    """The canonical JSON text of a value."""
    prepared = _prepared(value, source)
    plain = _prepared_type(source)
    mark = hashlib.sha1(str(source).encode(), usedforsecurity=False).hexdigest()[:8]
    return call_python(f"to_json_{mark}", _writer(source), [prepared], [plain], "VARCHAR")


def _prepared(value: str, source: Type) -> str:
    """Dates and times become their text before Python sees them."""
    if source.base in _TEXTUAL:
        return cast_text(value, source, VARCHAR)
    if source.base == "array" and _has_textual(source):
        return f"list_transform({value}, lambda e: {_prepared('e', element_of(source))})"
    if source.base == "map" and _has_textual(source):
        key, item = entry_of(source)
        packed = (
            f"struct_pack(key := {_prepared('e.key', key)}, value := {_prepared('e.value', item)})"
        )
        return f"map_from_entries(list_transform(map_entries({value}), lambda e: {packed}))"
    if source.base == "row" and _has_textual(source):

        def body(v: str) -> str:
            parts = ", ".join(
                f"'f{index}': {_prepared(f'''struct_extract({v}, 'f{index}')''', part)}"
                for index, part in enumerate(fields_of(source))
            )
            return f"(CASE WHEN {v} IS NOT NULL THEN {{{parts}}} END)"

        return let([value], body)
    return value


def _has_textual(type_: Type) -> bool:
    if type_.base == "array":
        return _has_textual(element_of(type_))
    if type_.base == "map":
        return any(map(_has_textual, entry_of(type_)))
    if type_.base == "row":
        return any(map(_has_textual, fields_of(type_)))
    return type_.base in _TEXTUAL


def _prepared_type(type_: Type) -> str:
    if type_.base in _TEXTUAL:
        return "VARCHAR"
    if type_.base == "array":
        return _prepared_type(element_of(type_)) + "[]"
    if type_.base == "map":
        key, item = entry_of(type_)
        return f"MAP({_prepared_type(key)}, {_prepared_type(item)})"
    if type_.base == "row":
        parts = [f"f{i} {_prepared_type(part)}" for i, part in enumerate(fields_of(type_))]
        return f"STRUCT({', '.join(parts)})"
    return duckdb_type(type_)


def _writer(type_: Type) -> Callable[[Any], str]:
    base = type_.base
    if base == "boolean":
        return lambda value: "true" if value else "false"
    if base in _INTEGERS:
        return str
    if base == "decimal":
        return _decimal_text
    if base == "double":
        return number_text
    if base == "real":
        return _real_text
    if base == "json":
        return str
    if base in ("varchar", "char") or base in _TEXTUAL:
        return quoted
    if base == "array":
        item = _nullable(_writer(element_of(type_)))
        return lambda value: "[" + ",".join(map(item, value)) + "]"
    if base == "map":
        key_type, value_type = entry_of(type_)
        item = _nullable(_writer(value_type))
        name = _key_text(key_type)
        return lambda value: (
            "{"
            + ",".join(f"{quoted(k)}:{v}" for k, v in sorted((name(k), item(v)) for k, v in value))
            + "}"
        )
    if base == "row":
        return _row_writer(type_)
    if base == "unknown":
        return lambda value: "null"
    raise SqlError("NOT_SUPPORTED", f"cast from {type_} to json is not supported")


def _decimal_text(value: Decimal) -> str:
    """BigDecimal.toString: an exponent only for what begins behind the sixth place."""
    _, digits, exponent = value.as_tuple()
    if isinstance(exponent, int) and len(digits) + exponent - 1 < -6:
        sign = "-" if value < 0 else ""
        first, rest = str(digits[0]), "".join(map(str, digits[1:]))
        return f"{sign}{first}{'.' + rest if rest else ''}E{len(digits) + exponent - 1}"
    return format(value, "f")


def _real_text(value: float) -> str:
    if not math.isfinite(value):
        return number_text(value)
    return java_float(value)


def _nullable(writer: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: "null" if value is None else writer(value)


def _key_text(type_: Type) -> Callable[[Any], str]:
    if type_.base in ("varchar", "char"):
        return str
    if type_.base in _TEXTUAL:
        return str
    write = _writer(type_)
    return lambda value: write(value).strip('"')  # (NaN and Infinity are texts in JSON)


def _row_writer(type_: Type) -> Callable[[Any], str]:
    fields = [field for field in type_.arguments if isinstance(field, Field)]
    writers = [_nullable(_writer(field.type)) for field in fields]
    names = [field.name or "" for field in fields]

    def run(value: dict[str, Any]) -> str:
        items = list(value.values())
        parts = (f"{quoted(n)}:{w(v)}" for n, w, v in zip(names, writers, items, strict=True))
        return "{" + ",".join(parts) + "}"

    return run


# ---------------------------------------------------------------- from json


def _from_json(value: str, source: Type, target: Type) -> str:
    carried = _carried(target)
    mark = hashlib.sha1(str(target).encode(), usedforsecurity=False).hexdigest()[:8]
    read_value = _reader(target)

    def run(document: str) -> Any:
        parsed = read(document, digits=True)
        try:
            return read_value(parsed)
        except _CannotCast as error:
            raise SqlError("INVALID_CAST_ARGUMENT", _message(target, error, document)) from None

    made = call_python(f"from_json_{mark}", run, [value], ["VARCHAR"], _prepared_type(carried))
    return _finished(made, carried, target)


class _CannotCast(Exception):  # noqa: N818  (a signal within this module)
    """A value that the type does not take."""


def _message(target: Type, error: _CannotCast, document: str) -> str:
    if target.base in ("array", "map", "row"):
        return f"Cannot cast to {display(target)}. {error}\n{document}"
    if target.base == "decimal":
        return f"Cannot cast '{document}' to DECIMAL({target.arguments[0]},{target.arguments[1]})"
    if target.base == "varchar":
        return f"Cannot cast '{document}' to varchar"
    return f"Cannot cast '{document}' to {display(target)}"


def _carried(type_: Type) -> Type:
    """The type in which Python hands over: dates and times as text."""
    if type_.base in ("date", "timestamp"):
        return VARCHAR
    if type_.base == "array":
        return Type("array", (_carried(element_of(type_)),))
    if type_.base == "map":
        key, item = entry_of(type_)
        return Type("map", (_carried(key), _carried(item)))
    if type_.base == "row":
        return Type(
            "row",
            tuple(Field(f.name, _carried(f.type)) for f in type_.arguments if isinstance(f, Field)),
        )
    return type_


def _finished(value: str, carried: Type, target: Type) -> str:
    return value if same_values(carried, target) else cast_text(value, carried, target)


def _reader(type_: Type) -> Callable[[Any], Any]:
    base = type_.base
    if base == "json":
        return dump
    if base == "boolean":
        return _boolean
    if base in _INTEGERS:
        return _integer(base)
    if base in ("double", "real"):
        return _floating(base)
    if base == "decimal":
        return _decimal(type_)
    if base in ("varchar", "char"):
        return _varchar(type_)
    if base in ("date", "timestamp"):
        return _date_text
    if base == "array":
        return _array(type_)
    if base == "map":
        return _map(type_)
    if base == "row":
        return _row(type_)
    raise SqlError("NOT_SUPPORTED", f"cast from json to {type_} is not supported")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "["
    if isinstance(value, dict):
        return "{"
    if isinstance(value, str) and not isinstance(value, Number):
        return value
    return dump(value)


def _boolean(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Number):
        return float(value) != 0
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise _CannotCast(f"Cannot cast '{value}' to boolean")
        return value != 0
    if isinstance(value, str):
        if value.lower() in ("t", "true", "1"):
            return True
        if value.lower() in ("f", "false", "0"):
            return False
        raise _CannotCast(f"Cannot cast '{value}' to BOOLEAN")
    raise _CannotCast(f"Unexpected token when cast to boolean: {_shown(value)}")


def _integer(base: str) -> Callable[[Any], int | None]:
    limit = 2 ** _INTEGERS[base]
    name = {"integer": "INT"}.get(base, base.upper())

    def run(value: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, Number):
            number = int(Decimal(value).to_integral_value(rounding=ROUND_HALF_UP))
        elif isinstance(value, int):
            number = value
        elif isinstance(value, str):
            try:
                number = read_integer(value)
            except ValueError:
                raise _CannotCast(f"Cannot cast '{value}' to {name}") from None
        else:
            raise _CannotCast(f"Unexpected token when cast to {base}: {_shown(value)}")
        if not -limit <= number < limit:
            raise _CannotCast(f"Out of range for {base}: {number}")
        return number

    return run


def _floating(base: str) -> Callable[[Any], float | None]:
    def run(value: Any) -> float | None:
        if value is None:
            return None
        if isinstance(value, dict | list):
            raise _CannotCast(f"Unexpected token when cast to {base}: {_shown(value)}")
        try:
            return read_double(value) if isinstance(value, str) else float(value)
        except ValueError:
            raise _CannotCast(f"Cannot cast '{value}' to {base.upper()}") from None

    return run


def _decimal(type_: Type) -> Callable[[Any], Decimal | None]:
    precision, scale = (int(str(argument)) for argument in type_.arguments)

    def run(value: Any) -> Decimal | None:
        if value is None:
            return None
        if isinstance(value, dict | list):
            raise _CannotCast(f"Unexpected token when cast to DECIMAL: {_shown(value)}")
        try:
            number = (
                read_decimal(value)
                if isinstance(value, str) and not isinstance(value, Number)
                else Decimal(int(value) if isinstance(value, bool) else str(value))
            )
            digits = number.scaleb(scale).to_integral_value(rounding=ROUND_HALF_UP)
        except (ArithmeticError, ValueError):
            raise _CannotCast(f"Cannot cast '{value}' to DECIMAL({precision},{scale})") from None
        if abs(digits) >= 10**precision:
            raise _CannotCast(f"Cannot cast input json to DECIMAL({precision},{scale})")
        return digits.scaleb(-scale)

    return run


def _varchar(type_: Type) -> Callable[[Any], str | None]:
    limit = type_.arguments[0]

    def run(value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool):
            made = "true" if value else "false"
        elif isinstance(value, Number):
            made = _number_varchar(value)
        elif isinstance(value, dict | list):
            raise _CannotCast(f"Unexpected token when cast to varchar: {_shown(value)}")
        else:
            made = str(value)
        if isinstance(limit, int) and len(made) > limit:
            if isinstance(value, str) and not isinstance(value, Number):
                return made[:limit]
            raise SqlError(
                "GENERIC_INTERNAL_ERROR", f"Character count exceeds length limit {limit}: {made}"
            )
        return made

    return run


def _number_varchar(value: Number) -> str:

    return double_text(float(value))


def _date_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and not isinstance(value, Number):
        return value
    raise _CannotCast(f"Unexpected token when cast to date: {_shown(value)}")


def _array(type_: Type) -> Callable[[Any], list[Any] | None]:
    item = _reader(element_of(type_))

    def run(value: Any) -> list[Any] | None:
        if value is None:
            return None
        if not isinstance(value, list):
            raise _CannotCast(f"Expected a json array, but got {_shown(value)}")
        return [item(element) for element in value]

    return run


def _map(type_: Type) -> Callable[[Any], list[tuple[Any, Any]] | None]:
    key_type, value_type = entry_of(type_)
    key, item = _reader(key_type), _reader(value_type)

    def run(value: Any) -> list[tuple[Any, Any]] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _CannotCast(f"Expected a json object, but got {_shown(value)}")
        return sorted((key(name), item(element)) for name, element in value.items())

    return run


def _row(type_: Type) -> Callable[[Any], dict[str, Any] | None]:
    fields = [field for field in type_.arguments if isinstance(field, Field)]
    readers = [_reader(field.type) for field in fields]
    places = {field.name.lower(): index for index, field in enumerate(fields) if field.name}

    def run(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        made: list[Any] = [None] * len(fields)
        if isinstance(value, list):
            if len(value) != len(fields):
                raise _CannotCast(
                    f"Expected a json array of {len(fields)} elements, but got {len(value)}"
                )
            made = [reader(item) for reader, item in zip(readers, value, strict=True)]
        elif isinstance(value, dict) and not places:
            raise _CannotCast(
                "Cannot cast a JSON object to anonymous row type. Input must be a JSON array."
            )
        elif isinstance(value, dict):
            for name, item in value.items():
                index = places.get(name.lower())
                if index is not None:
                    made[index] = readers[index](item)
        else:
            raise _CannotCast(f"Expected a json array or object, but got {_shown(value)}")
        return {f"f{index}": item for index, item in enumerate(made)}

    return run


_SOURCES = (
    "boolean",
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double",
    "decimal",
    "varchar",
    "char",
    "date",
    "timestamp",
    "timestamp with time zone",
    "time",
    "array",
    "map",
    "row",
    "uuid",
)
_TARGETS = (
    "boolean",
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double",
    "decimal",
    "varchar",
    "date",
    "timestamp",
    "array",
    "map",
    "row",
)
CASTS = {
    **{(source, "json"): to_json for source in _SOURCES},
    **{("json", target): _from_json for target in _TARGETS},
}
