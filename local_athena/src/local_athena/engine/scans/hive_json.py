"""Rows of Hive's JsonSerDe: one object a line, keys matching columns in any case, types strict.

Numbers come from numbers (integers lose their fraction), texts from any scalar as it is written,
a boolean is whether the text is `true`. Parameter: `timestamp.formats`. Source: Athena user
guide, "Hive JSON SerDe"; Trino's JsonDeserializer ("bug for bug compatible with Hive JsonSerDe"),
read 2026-11.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any, NoReturn

from local_athena.engine.scans.json_values import (
    INTEGERS,
    Reader,
    bad_value,
    fitting,
    read_date,
    read_timestamp,
    whole_within,
)
from local_athena.engine.scans.timestamps import timestamp_reader
from local_athena.json_reading import read_json
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of
from local_athena.sql.types import Field, Type

_INTERNAL_NAME = re.compile(r"_col(\d+)\Z")


class _Number(str):
    """A number as its text in the file."""

    __slots__ = ()


def hive_json(
    parameters: Mapping[str, str], columns: Sequence[tuple[str, Type]]
) -> Callable[[str], list[Any]]:
    """A function from a line to one value for each column."""
    moment = timestamp_reader(parameters)
    names = [name for name, _ in columns]
    positions = {name: index for index, name in enumerate(names)}
    readers = [_reader(type_, moment) for _, type_ in columns]

    def split(line: str) -> list[Any]:
        row: list[Any] = [None] * len(columns)
        for key, value in _object(line).items():
            index = _position(key, positions)
            if index is not None and index < len(row):
                row[index] = None if value is None else readers[index](value)
        return row

    return split


def _position(key: str, positions: Mapping[str, int]) -> int | None:
    """The column of a key; `_col3` is the fourth, as Hive's own inserts name it."""
    found = positions.get(key.lower())
    if found is None:
        internal = _INTERNAL_NAME.match(key)
        return int(internal[1]) if internal else None
    return found


def _object(line: str) -> dict[str, Any]:
    try:
        body = read_json(
            line,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_no_constant,
            object_pairs_hook=_distinct,
        )
    except ValueError as error:
        raise SqlError("HIVE_CURSOR_ERROR", f"JsonParseException: {error}") from error
    if not isinstance(body, dict):
        raise SqlError("HIVE_CURSOR_ERROR", "JsonParseException: start of object expected")
    return body


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"Non-standard token '{text}'")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'Duplicate field "{twice}"')
    return found


def _reader(type_: Type, moment: Callable[[str], str] | None) -> Reader:
    if type_.base == "array":
        element = _reader(element_of(type_), moment)
        return lambda value: [
            None if item is None else element(item) for item in _of_kind(list, value, type_)
        ]
    if type_.base == "map":
        key_type, value_type = entry_of(type_)
        key, entry = _key_reader(key_type, moment), _reader(value_type, moment)
        return lambda value: sorted(
            {
                key(name): None if item is None else entry(item)
                for name, item in _of_kind(dict, value, type_).items()
            }.items()
        )
    if type_.base == "row":
        return _row_reader(type_, moment)
    return _scalar_reader(type_, moment)


def _row_reader(type_: Type, moment: Callable[[str], str] | None) -> Reader:
    fields = [field for field in type_.arguments if isinstance(field, Field)]
    positions = {(field.name or "").lower(): index for index, field in enumerate(fields)}
    readers = [_reader(field.type, moment) for field in fields]

    def read(value: Any) -> dict[str, Any]:
        row: dict[str, Any] = dict.fromkeys(f"f{index}" for index in range(len(fields)))
        for key, item in _of_kind(dict, value, type_).items():
            index = _position(key, positions)
            if index is not None and index < len(fields) and item is not None:
                row[f"f{index}"] = readers[index](item)
        return row

    return read


def _of_kind(kind: type, value: Any, type_: Type) -> Any:
    if not isinstance(value, kind):
        raise bad_value(value, type_)
    return value


def _key_reader(type_: Type, moment: Callable[[str], str] | None) -> Callable[[str], Any]:
    """Keys are texts: numbers are read from them too."""
    read = _scalar_reader(type_, moment)
    if type_.base in INTEGERS or type_.base in ("real", "double"):
        return lambda name: read(_Number(name))
    return read


def _scalar_reader(type_: Type, moment: Callable[[str], str] | None) -> Reader:
    base = type_.base

    def read(value: Any) -> Any:
        if isinstance(value, (list, dict)):
            raise bad_value(value, type_)
        text = ("true" if value else "false") if isinstance(value, bool) else value
        try:
            if base in ("varchar", "char"):
                return fitting(str(text), type_)
            if base == "boolean":
                return text.lower() == "true"
            if base in INTEGERS:
                return whole_within(int(Decimal(_number(value))), type_)
            if base in ("real", "double"):
                return float(_number(value))
            if base == "decimal":
                return _decimal_or_null(text, type_)
            if base == "date":
                return read_date(text)
            if base == "timestamp":
                return read_timestamp(moment(text) if moment else text)
            if base == "varbinary":
                return text.encode()
        except (ValueError, InvalidOperation, OverflowError) as error:
            raise bad_value(value, type_) from error
        raise SqlError("NOT_SUPPORTED", f"local_athena does not read {type_} from JSON")

    return read


def _decimal_or_null(text: str, type_: Type) -> Decimal | None:
    """Unlike other numbers, a decimal that is no number is NULL."""
    try:
        return decimal_of(text, type_)
    except InvalidOperation:
        return None


def _number(value: Any) -> str:
    if not isinstance(value, _Number):
        raise ValueError(value)
    return value


_EXACT = Context(prec=2 * 38)
"""Digits before and behind the point of any decimal."""


def decimal_of(text: str, type_: Type) -> Decimal:
    """A number rounded half up to a decimal's scale.

    Raises:
        ValueError, InvalidOperation: it is none, or it has too many digits.
    """
    precision, scale = type_.arguments
    if not isinstance(precision, int) or not isinstance(scale, int):
        raise ValueError(type_)
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= Decimal(10) ** precision:
        raise ValueError(text)
    rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)
    if rounded.adjusted() + scale >= precision and rounded:
        raise ValueError(text)
    return rounded
