"""What the two JSON serdes share: Arrow types of values, and readers of dates and texts."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from local_athena.sql.errors import SqlError
from local_athena.sql.representation import element_of, entry_of, fields_of
from local_athena.sql.types import Type

Reader = Callable[[Any], Any]

INTEGERS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}
_PLAIN = {
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
_DATE = re.compile(r"(-?\d{1,10})-(\d{1,2})-(\d{1,2})\Z")
_TIMESTAMP = re.compile(
    r"(-?\d{1,10}-\d{1,2}-\d{1,2})[ Tt](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,9}))?)?\Z"
)


def arrow_type(type_: Type) -> pa.DataType:
    """The Arrow type of a Trino type's representation, for types that Hive tables have.

    Raises:
        SqlError: NOT_SUPPORTED for another type.
    """
    base = type_.base
    if base in _PLAIN:
        return _PLAIN[base]
    if base == "decimal":
        return pa.decimal128(*type_.arguments)
    if base == "array":
        return pa.list_(arrow_type(element_of(type_)))
    if base == "map":
        key, value = entry_of(type_)
        return pa.map_(arrow_type(key), arrow_type(value))
    if base == "row":
        fields = enumerate(fields_of(type_))
        return pa.struct([(f"f{index}", arrow_type(part)) for index, part in fields])
    raise SqlError("NOT_SUPPORTED", f"local_athena does not read columns of type {type_} from JSON")


def read_date(text: str) -> date:
    """Hive's date: what stands before a blank, months and days beyond their ends going on.

    Raises:
        ValueError: it is none.
        OverflowError: outside the years 1 to 9999.
    """
    found = _DATE.match(text.strip().split(" ", 1)[0])
    if found is None:
        raise ValueError(text)
    year, month, day = map(int, found.groups())
    years, month = divmod(month - 1, 12)
    return date(year + years, month + 1, 1) + timedelta(days=day - 1)


def read_timestamp(text: str) -> datetime:
    """Hive's timestamp without a zone, rounded to milliseconds; seconds may miss after a `T` only.

    Raises:
        ValueError: it is none.
        OverflowError: outside the years 1 to 9999.
    """
    found = _TIMESTAMP.match(text.strip())
    if found is None or (found[2] and not found[4] and " " in text.strip()):
        raise ValueError(text)
    day = read_date(found[1])
    hour, minute, second = (int(found[index] or 0) for index in (2, 3, 4))
    nanos = int((found[5] or "").ljust(9, "0"))
    moment = datetime(day.year, day.month, day.day) + timedelta(  # noqa: DTZ001  (no zone)
        hours=hour, minutes=minute, seconds=second
    )
    return moment + timedelta(milliseconds=(nanos + 500_000) // 1_000_000)


def fitting(text: str, type_: Type) -> str:
    """A text cut to a varchar's length, or padded to a char's."""
    length = type_.arguments[0]
    if not isinstance(length, int):
        return text
    return text[:length].ljust(length) if type_.base == "char" else text[:length]


def whole_within(number: int, type_: Type) -> int:
    """An integer that its type can hold.

    Raises:
        ValueError: it cannot.
    """
    limit = 1 << (INTEGERS[type_.base] - 1)
    if not -limit <= number < limit:
        raise ValueError(f"Out of range for {type_}: {number}")
    return number


def bad_value(value: Any, type_: Type) -> SqlError:
    """The failure of a value that its column's type cannot hold."""
    return SqlError("HIVE_BAD_DATA", f"Error parsing field value {value!r} as {type_}")
