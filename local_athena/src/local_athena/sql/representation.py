"""How Trino's values live in DuckDB: a DuckDB type for every Trino type, and the text of constants.

| Trino | DuckDB |
|---|---|
| boolean, tinyint … bigint, real, double, decimal, date, uuid | the type of that name |
| varchar, json | VARCHAR (json in canonical text) |
| char(n) | VARCHAR, padded to n characters |
| varbinary, ipaddress | BLOB (an address has 16 bytes) |
| time(p), timestamp(p), p ≤ 6 | TIME, TIMESTAMP (microseconds) |
| time(p), timestamp(p), p > 6 | STRUCT(us TIME or TIMESTAMP, ps INTEGER) |
| timestamp(p) with time zone | STRUCT(instant TIMESTAMP, zone VARCHAR); p > 6: with ps between |
| time(p) with time zone | STRUCT(ps BIGINT, zone INTEGER): picoseconds of its clock, minutes |
| interval day to second, year to month | BIGINT milliseconds, INTEGER months |
| array, map | LIST, MAP |
| row | STRUCT with fields f0, f1, … by position |
| unknown | INTEGER (always NULL) |
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from local_athena.sql.errors import SqlError
from local_athena.sql.types import Field, Type

_PLAIN = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "varbinary": "BLOB",
    "date": "DATE",
    "json": "VARCHAR",
    "uuid": "UUID",
    "ipaddress": "BLOB",
    "interval day to second": "BIGINT",
    "interval year to month": "INTEGER",
    "unknown": "INTEGER",
    "color": "INTEGER",
    "geometry": "VARCHAR",
    "sphericalgeography": "VARCHAR",
    "bingtile": "BIGINT",
    "hyperloglog": "UBIGINT[]",
    "p4hyperloglog": "BLOB",
    "setdigest": "BLOB",
    "tdigest": "STRUCT(v DOUBLE, w DOUBLE)[]",
    # what a text was compiled to is held as the text
    "jsonpath": "VARCHAR",
    "json2016": "VARCHAR",
    "joniregexp": "VARCHAR",
    "re2jregexp": "VARCHAR",
    "codepoints": "VARCHAR",
    "likepattern": "VARCHAR",
}
_PICOSECONDS_A_MICROSECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def precision_of(type_: Type) -> int:
    """The fraction digits of a time or timestamp type (3 where it says none)."""
    precision = type_.arguments[0] if type_.arguments else 3
    return precision if isinstance(precision, int) else 3


def _type(argument: object) -> Type:
    if not isinstance(argument, Type):
        raise TypeError(f"{argument!r} is no type")
    return argument


def element_of(type_: Type) -> Type:
    """An array's element type."""
    return _type(type_.arguments[0])


def entry_of(type_: Type) -> tuple[Type, Type]:
    """A map's key and value types."""
    key, value = type_.arguments
    return _type(key), _type(value)


def fields_of(type_: Type) -> tuple[Type, ...]:
    """A row's field types, by position."""
    return tuple(field.type for field in type_.arguments if isinstance(field, Field))


def duckdb_type(type_: Type) -> str:
    """The DuckDB type that holds values of a Trino type.

    Raises:
        SqlError: NOT_SUPPORTED for a type without a representation.
    """
    base = type_.base
    plain = _PLAIN.get(base)
    if plain is not None:
        return plain
    if base == "decimal":
        return f"DECIMAL({type_.arguments[0]},{type_.arguments[1]})"
    if base == "timestamp":
        fine = precision_of(type_) > 6
        return "STRUCT(us TIMESTAMP, ps INTEGER)" if fine else "TIMESTAMP"
    if base == "time":
        return "STRUCT(us TIME, ps INTEGER)" if precision_of(type_) > 6 else "TIME"
    if base == "timestamp with time zone":
        if precision_of(type_) > 6:
            return "STRUCT(instant TIMESTAMP, ps INTEGER, zone VARCHAR)"
        return "STRUCT(instant TIMESTAMP, zone VARCHAR)"
    if base == "time with time zone":
        return "STRUCT(ps BIGINT, zone INTEGER)"
    if base == "array":
        return duckdb_type(element_of(type_)) + "[]"
    if base == "map":
        key, value = entry_of(type_)
        return f"MAP({duckdb_type(key)}, {duckdb_type(value)})"
    if base == "row":
        fields = [f"f{index} {duckdb_type(part)}" for index, part in enumerate(fields_of(type_))]
        return f"STRUCT({', '.join(fields)})"
    if base == "qdigest":
        return f"STRUCT(v {duckdb_type(element_of(type_))}, w DOUBLE)[]"
    raise SqlError("NOT_SUPPORTED", f"type {type_} is not supported")


def unpack_tile(tile: int) -> tuple[int, int, int]:
    """(x, y, zoom level) of a Bing tile."""
    return tile >> 28, tile % (1 << 28) >> 5, tile % (1 << 5)


def quote_text(text: str) -> str:
    """A DuckDB string literal."""
    if "\0" in text:
        return "(" + " || chr(0) || ".join(quote_text(part) for part in text.split("\0")) + ")"
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """A DuckDB quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def constant(value: Any, type_: Type) -> str:
    """The DuckDB text of a bound constant (values as `bound.Constant` has them), always typed."""
    target = duckdb_type(type_)
    if value is None:
        return f"CAST(NULL AS {target})"
    writer = _WRITERS.get(type_.base)
    if writer is None:
        raise SqlError("NOT_SUPPORTED", f"constant of type {type_}")
    return writer(value, type_)


def microseconds(value: int) -> str:
    """TIMESTAMP of microseconds since the epoch, as a literal where the calendar allows."""
    try:
        moment = _EPOCH + timedelta(microseconds=value)
    except OverflowError:
        return f"make_timestamp({value})"
    return (
        f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}'"
        if moment.year >= 1000
        else (f"make_timestamp({value})")
    )


def _boolean(value: Any, type_: Type) -> str:
    return "TRUE" if value else "FALSE"


def _integer(value: Any, type_: Type) -> str:
    digits = str(value) if value >= 0 else f"({value})"
    small = value > -(2**31)  # (DuckDB reads -2147483648 as the negation of a BIGINT)
    return (
        digits if type_.base == "integer" and small else f"CAST({digits} AS {duckdb_type(type_)})"
    )


def _floating(value: Any, type_: Type) -> str:
    if math.isnan(value):
        text = "nan"
    elif math.isinf(value):
        text = "inf" if value > 0 else "-inf"
    else:
        text = repr(float(value))
    return f"CAST('{text}' AS {duckdb_type(type_)})"


def _decimal(value: Any, type_: Type) -> str:
    return f"CAST('{value:f}' AS {duckdb_type(type_)})"


def _text(value: Any, type_: Type) -> str:
    if type_.base == "char":
        width = type_.arguments[0]
        return quote_text(value.ljust(width if isinstance(width, int) else 1))
    return quote_text(value)


def _binary(value: Any, type_: Type) -> str:
    return f"unhex('{bytes(value).hex()}')"


def _date(value: Any, type_: Type) -> str:
    try:
        day = _EPOCH + timedelta(days=value)
    except OverflowError:
        return f"(DATE '1970-01-01' + CAST({value} AS INTEGER))"
    return f"DATE '{day:%Y-%m-%d}'" if day.year >= 1000 else f"(DATE '1970-01-01' + ({value}))"


def _clock(microsecond: int) -> str:
    seconds, fraction = divmod(microsecond, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"TIME '{hour:02}:{minute:02}:{second:02}.{fraction:06}'"


def _time(value: Any, type_: Type) -> str:
    micros, rest = divmod(value, _PICOSECONDS_A_MICROSECOND)
    text = _clock(micros)
    return f"{{'us': {text}, 'ps': {rest}}}" if precision_of(type_) > 6 else text


def _timestamp(value: Any, type_: Type) -> str:
    micros, rest = divmod(value, _PICOSECONDS_A_MICROSECOND)
    text = microseconds(micros)
    return f"{{'us': {text}, 'ps': {rest}}}" if precision_of(type_) > 6 else text


def _timestamp_tz(value: Any, type_: Type) -> str:
    picoseconds, zone = value
    micros, rest = divmod(picoseconds, _PICOSECONDS_A_MICROSECOND)
    fine = f", 'ps': {rest}" if precision_of(type_) > 6 else ""
    return f"{{'instant': {microseconds(micros)}{fine}, 'zone': {quote_text(zone)}}}"


def _time_tz(value: Any, type_: Type) -> str:
    picoseconds, zone = value
    minutes = zone_minutes(zone)
    local = (picoseconds + minutes * 60 * 10**12) % (86_400 * 10**12)
    return f"{{'ps': CAST({local} AS BIGINT), 'zone': {minutes}}}"


def zone_minutes(zone: str) -> int:
    """Minutes east of UTC of a fixed zone (`+05:30`, `UTC`)."""
    if zone[:1] not in "+-":
        return 0
    hours, _, minutes = zone[1:].partition(":")
    total = int(hours) * 60 + int(minutes or 0)
    return -total if zone[0] == "-" else total


def _interval(value: Any, type_: Type) -> str:
    return f"CAST({value} AS {duckdb_type(type_)})"


def _uuid(value: Any, type_: Type) -> str:
    return f"CAST({quote_text(str(value))} AS UUID)"


_WRITERS = {
    "boolean": _boolean,
    "tinyint": _integer,
    "smallint": _integer,
    "integer": _integer,
    "bigint": _integer,
    "real": _floating,
    "double": _floating,
    "decimal": _decimal,
    "varchar": _text,
    "char": _text,
    "json": _text,
    "varbinary": _binary,
    "ipaddress": _binary,
    "date": _date,
    "time": _time,
    "timestamp": _timestamp,
    "timestamp with time zone": _timestamp_tz,
    "time with time zone": _time_tz,
    "interval day to second": _interval,
    "interval year to month": _interval,
    "uuid": _uuid,
}
