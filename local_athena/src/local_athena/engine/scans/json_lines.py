"""Rows of JSON tables (Hive's and OpenX's serde), one object a line, in the representation's shape.

Keys match column names in any case; a missing key is NULL; numbers and texts convert where they
mean the same. OpenX parameters that are honoured: `ignore.malformed.json`, `dots.in.keys`,
`case.insensitive` and `mapping.<column>`. Source: Athena user guide, "JSON SerDe libraries".
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from local_athena.json_reading import read_json
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of
from local_athena.sql.types import Field, Type

Reader = Callable[[Any], Any]


def arrow_type(type_: Type) -> pa.DataType:
    """The Arrow type of a Trino type's representation, for types that Hive tables have."""
    base = type_.base
    plain = {
        "boolean": pa.bool_(),
        "tinyint": pa.int8(),
        "smallint": pa.int16(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "real": pa.float32(),
        "double": pa.float64(),
        "varchar": pa.string(),
        "char": pa.string(),
        "varbinary": pa.binary(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }
    if base in plain:
        return plain[base]
    if base == "decimal":
        return pa.decimal128(*type_.arguments)
    if base == "array":
        return pa.list_(arrow_type(element_of(type_)))
    if base == "map":
        key, value = entry_of(type_)
        return pa.map_(arrow_type(key), arrow_type(value))
    if base == "row":
        return pa.struct(
            [
                (f"f{index}", arrow_type(field.type))
                for index, field in enumerate(type_.arguments)
                if isinstance(field, Field)
            ]
        )
    raise SqlError("NOT_SUPPORTED", f"local_athena does not read columns of type {type_} from JSON")


def json_splitter(
    parameters: Mapping[str, str], columns: Sequence[tuple[str, Type]]
) -> Callable[[str], list[Any] | None]:
    """A function from a line to one value for each column; None for a line without a row."""
    ignore = parameters.get("ignore.malformed.json", "false").lower() == "true"
    dots = parameters.get("dots.in.keys", "false").lower() == "true"
    mapped = {
        name.removeprefix("mapping."): key
        for name, key in parameters.items()
        if name.startswith("mapping.")
    }
    keys = [mapped.get(name, name).lower() for name, _ in columns]
    readers = [_reader(type_) for _, type_ in columns]

    def split(line: str) -> list[Any] | None:
        if not line.strip():
            return None
        try:
            body = read_json(line, parse_float=Decimal)
            if not isinstance(body, dict):
                raise ValueError("not an object")
        except ValueError as error:
            if ignore:
                return [None] * len(keys)
            raise SqlError(
                "HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object - JSONException: {error}"
            ) from error
        found = {(key.replace(".", "_") if dots else key).lower(): body[key] for key in body}
        return [
            None if found.get(key) is None else reader(found[key])
            for key, reader in zip(keys, readers, strict=True)
        ]

    return split


def _reader(type_: Type) -> Reader:
    base = type_.base
    if base == "varchar":
        if type_.arguments == (None,):
            return _text
        return lambda value: _text(value)[: _width(type_)]
    if base == "char":
        return lambda value: _text(value)[: _width(type_)].ljust(_width(type_))
    if base == "array":
        element = _reader(element_of(type_))
        return lambda value: [
            None if item is None else element(item) for item in _as(list, value, type_)
        ]
    if base == "map":
        key, entry = (_reader(part) for part in entry_of(type_))
        return lambda value: sorted(
            (key(name), None if item is None else entry(item))
            for name, item in _as(dict, value, type_).items()
        )
    if base == "row":
        return _row_reader(type_)
    return lambda value: _scalar(value, type_)


def _row_reader(type_: Type) -> Reader:
    fields = [
        ((field.name or "").lower(), _reader(field.type))
        for field in type_.arguments
        if isinstance(field, Field)
    ]

    def read(value: Any) -> dict[str, Any]:
        if isinstance(value, list):
            found: dict[str, Any] = {
                name: item for (name, _), item in zip(fields, value, strict=False)
            }
        else:
            found = {key.lower(): item for key, item in _as(dict, value, type_).items()}
        return {
            f"f{index}": None if found.get(name) is None else reader(found[name])
            for index, (name, reader) in enumerate(fields)
        }

    return read


def _as(kind: type, value: Any, type_: Type) -> Any:
    if isinstance(value, str):
        try:
            value = read_json(value, parse_float=Decimal)
        except ValueError:
            value = None
    if not isinstance(value, kind):
        raise _bad(value, type_)
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def _scalar(value: Any, type_: Type) -> Any:
    base = type_.base
    text = value.strip() if isinstance(value, str) else value
    try:
        if base == "boolean":
            return text if isinstance(text, bool) else {"true": True, "false": False}[text.lower()]
        if isinstance(text, bool):
            raise ValueError
        if base in ("tinyint", "smallint", "integer", "bigint"):
            return _whole(text)
        if base in ("real", "double"):
            return float(text)
        if base == "decimal":
            scale = type_.arguments[1]
            return round(Decimal(str(text)), scale if isinstance(scale, int) else 0)
        if base == "date":
            return date.fromisoformat(str(text)[:10])
        if base == "timestamp":
            return _instant(text)
        if base == "varbinary":
            return _text(value).encode()
    except (ValueError, KeyError, InvalidOperation, AttributeError, OverflowError) as error:
        raise _bad(value, type_) from error
    raise _bad(value, type_)


def _whole(value: Any) -> int:
    number = Decimal(str(value))
    if number != int(number):
        raise ValueError(value)
    return int(number)


def _instant(value: Any) -> datetime:
    moment = datetime.fromisoformat(str(value).replace("T", " ").removesuffix("Z"))
    micros = (moment.microsecond + 500) // 1000 * 1000
    if micros == 1_000_000:
        return moment.replace(microsecond=999_000)
    return moment.replace(microsecond=micros, tzinfo=None)


def _width(type_: Type) -> int:
    width = type_.arguments[0]
    return width if isinstance(width, int) else 1


def _bad(value: Any, type_: Type) -> SqlError:
    return SqlError("HIVE_BAD_DATA", f"Error parsing JSON value {value!r} as {type_}")
