"""Rows of OpenX's JsonSerDe: one object or array a line, read leniently.

Parameters: `ignore.malformed.json` (such a line is a row of NULLs), `dots.in.keys` (a column
`a_b` also takes the key `a.b`), `case.insensitive` and `mapping.<name>` (the key of a column or
field), `timestamp.formats`. Two keys that are one name fail. Source: Athena user guide, "OpenX
JSON SerDe"; where it is silent Trino's openxjson package, read 2026-11. A value outside its type
is HIVE_BAD_DATA as in the user guide's "Troubleshooting", not NULL.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from local_athena.engine.scans.hive_json import decimal_of
from local_athena.engine.scans.json_values import (
    INTEGERS,
    Reader,
    bad_value,
    fitting,
    read_date,
    read_timestamp,
    whole_within,
)
from local_athena.engine.scans.lenient_json import Unquoted, lenient_loads
from local_athena.engine.scans.timestamps import timestamp_reader
from local_athena.json_reading import read_json
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of
from local_athena.sql.types import Field, Type

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (UTC, as Trino's timestamps are)
_EPOCH_DAY = date(1970, 1, 1)
_ZONED = re.compile(r"(.+?)(?:([zZ])|([+-])(\d{2}):?(\d{2}))\Z")
_MILLIS_DIGITS = 13


@dataclass(frozen=True, slots=True)
class _Options:
    ignore_malformed: bool
    dots: bool
    any_case: bool
    mapping: Mapping[str, str]
    moment: Callable[[str], str] | None

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "_Options":
        def flag(name: str, default: str) -> bool:
            return parameters.get(name, default).strip().lower() == "true"

        mapping = {
            name.removeprefix("mapping.").lower(): key
            for name, key in parameters.items()
            if name.startswith("mapping.")
        }
        return cls(
            flag("ignore.malformed.json", "false"),
            flag("dots.in.keys", "false"),
            flag("case.insensitive", "true"),
            mapping,
            timestamp_reader(parameters),
        )

    def folded(self, key: str) -> str:
        return key.lower() if self.any_case else key


def openx_json(
    parameters: Mapping[str, str], columns: Sequence[tuple[str, Type]]
) -> Callable[[str], list[Any]]:
    """A function from a line to one value for each column."""
    options = _Options.of(parameters)
    read = _fields_reader(list(columns), options)

    def split(line: str) -> list[Any]:
        try:
            body = _parse(line.strip(), options)
        except ValueError as error:
            if options.ignore_malformed:
                return [None] * len(columns)
            raise SqlError(
                "HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object - JSONException: {error}"
            ) from error
        return [None] * len(columns) if body is None else read(body)

    return split


def _parse(line: str, options: _Options) -> Any:
    """A line's object or array; None for an empty line.

    Raises:
        ValueError: it is neither.
    """
    if not line:
        return None
    if not line.startswith(("{", "[")):
        raise ValueError("A JSONObject text must begin with '{' at character 1")

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [options.folded(name) for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise _DuplicateKeyError(f'Duplicate key "{twice}"')
        return dict(pairs)

    try:
        return read_json(
            line,
            parse_int=Unquoted,
            parse_float=Unquoted,
            parse_constant=Unquoted,
            object_pairs_hook=distinct,
        )
    except _DuplicateKeyError:
        raise
    except ValueError:
        return lenient_loads(line, distinct)


class _DuplicateKeyError(ValueError):
    """Two keys of an object that are one name."""


def _fields_reader(
    fields: Sequence[tuple[str, Type]], options: _Options
) -> Callable[[Any], list[Any]]:
    """From an object (by key), an array (by position) or a blank text to a value for each field."""
    keys = [options.folded(options.mapping.get(name, name)) for name, _ in fields]
    readers = [_reader(type_, options) for _, type_ in fields]

    def read(value: Any) -> list[Any]:
        if isinstance(value, dict):
            found = _by_key(value, options)
            items = [found.get(key) for key in keys]
        elif isinstance(value, list):
            items = [*value[: len(keys)], *[None] * (len(keys) - len(value))]
        elif isinstance(value, str) and not value.strip():
            items = [None] * len(keys)
        else:
            raise SqlError("HIVE_BAD_DATA", f"Primitive can not be coerced to a ROW: {value}")
        return [
            None if item is None else reader(item)
            for item, reader in zip(items, readers, strict=True)
        ]

    return read


def _by_key(body: Mapping[str, Any], options: _Options) -> dict[str, Any]:
    found = {options.folded(key): value for key, value in body.items()}
    if options.dots:
        for key, value in list(found.items()):
            found.setdefault(key.replace(".", "_"), value)
    return found


def _reader(type_: Type, options: _Options) -> Reader:
    if type_.base == "array":
        element = _reader(element_of(type_), options)

        def read_array(value: Any) -> Any:
            if value == "":
                return None
            items = value if isinstance(value, list) else [value]
            return [None if item is None else element(item) for item in items]

        return read_array
    if type_.base == "map":
        return _map_reader(type_, options)
    if type_.base == "row":
        fields = [field for field in type_.arguments if isinstance(field, Field)]
        read = _fields_reader([((f.name or "").lower(), f.type) for f in fields], options)
        return lambda value: {f"f{index}": item for index, item in enumerate(read(value))}
    return _scalar_reader(type_, options)


def _map_reader(type_: Type, options: _Options) -> Reader:
    key, entry = (_reader(part, options) for part in entry_of(type_))

    def read(value: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            return None
        if not isinstance(value, dict):
            raise bad_value(value, type_)
        found = {key(name): None if item is None else entry(item) for name, item in value.items()}
        return sorted(found.items())

    return read


def _scalar_reader(type_: Type, options: _Options) -> Reader:
    base = type_.base

    def read(value: Any) -> Any:
        if base in ("varchar", "char"):
            return fitting(_text(value), type_)
        if base == "boolean":
            return _text(value).lower() == "true"
        if isinstance(value, (list, dict, bool)):
            raise bad_value(value, type_)
        try:
            if base in INTEGERS:
                return whole_within(_whole(value), type_)
            if base in ("real", "double"):
                return float(value)
            if base == "decimal":
                return decimal_of(value, type_)
            if base == "date":
                return _date(value)
            if base == "timestamp":
                return _instant(value, options)
            if base == "varbinary" and not isinstance(value, Unquoted):
                return base64.b64decode(value, validate=True)
        except (ValueError, InvalidOperation, OverflowError) as error:
            raise bad_value(value, type_) from error
        raise bad_value(value, type_)

    return read


def _text(value: Any) -> str:
    """A value as text: objects and arrays as JSON, numbers as BigDecimal prints them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Unquoted):
        return _canonical(value)
    return value if isinstance(value, str) else _json(value)


def _canonical(value: str) -> str:
    if value.lower() in ("true", "false"):
        return value.lower()
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return str(number) if number.is_finite() else value


def _json(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_json(v)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    if isinstance(value, (bool, Unquoted)):
        return _text(value)
    return json.dumps(value, ensure_ascii=False)


def _whole(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    if len(text) > 1 and text.startswith("0") and text.isdigit():
        return int(text, 8)
    return int(Decimal(text))


def _date(text: str) -> date:
    try:
        return read_date(text)
    except ValueError:
        return _EPOCH_DAY + timedelta(days=_whole(text))


def _instant(value: str, options: _Options) -> datetime:
    """A timestamp in UTC: with a zone, without one, or seconds or milliseconds since 1970."""
    text = options.moment(value) if options.moment else value
    if ":" in text[1:]:
        zoned = _ZONED.match(text)
        if zoned is None:
            return read_timestamp(text)
        minutes = int(zoned[4] or 0) * 60 + int(zoned[5] or 0)
        offset = timedelta(minutes=-minutes if zoned[3] == "-" else minutes)
        return read_timestamp(zoned[1]) - offset
    if not re.fullmatch(r"[-+.0-9]+", text):
        raise ValueError(text)
    if "." in text:
        return _EPOCH + timedelta(milliseconds=int(Decimal(text) * 1000))
    number = int(text)
    in_millis = len(text) >= _MILLIS_DIGITS
    return _EPOCH + timedelta(milliseconds=number if in_millis else number * 1000)
