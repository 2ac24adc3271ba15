"""Types on three sides: Trino's (SQL), Iceberg's (metadata), and Glue's text (catalog, Hive DDL).

Rules read from Trino's Iceberg connector (TypeConverter), Iceberg's AWS module
(IcebergToGlueConverter) and the Athena user guide ("Supported data types for Iceberg tables"),
November 2026: timestamps have six digits, tinyint, smallint and char are refused.
"""

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import cast

from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    PrimitiveType,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from local_athena.sql import types as trino
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Field, Type

_PLAIN: dict[str, PrimitiveType] = {
    "boolean": BooleanType(),
    "integer": IntegerType(),
    "bigint": LongType(),
    "real": FloatType(),
    "double": DoubleType(),
    "date": DateType(),
    "varchar": StringType(),
    "varbinary": BinaryType(),
    "uuid": UUIDType(),
}
_GLUE_PLAIN: dict[str, PrimitiveType] = {
    "boolean": BooleanType(),
    "int": IntegerType(),
    "integer": IntegerType(),
    "bigint": LongType(),
    "long": LongType(),
    "float": FloatType(),
    "double": DoubleType(),
    "date": DateType(),
    "string": StringType(),
    "binary": BinaryType(),
    "timestamp": TimestampType(),
    "timestamptz": TimestamptzType(),
    "timestamp with time zone": TimestamptzType(),
    "time": TimeType(),
    "uuid": UUIDType(),
}
_TOKEN = re.compile(r"\s*(`(?:[^`]|``)*`|[^<>(),:\s]+|[<>(),:])")


def to_trino(kind: IcebergType) -> Type:
    """The Trino type of an Iceberg type.

    Raises:
        SqlError: NOT_SUPPORTED, for types of later format versions.
    """
    match kind:
        case BooleanType():
            return trino.BOOLEAN
        case IntegerType():
            return trino.INTEGER
        case LongType():
            return trino.BIGINT
        case FloatType():
            return trino.REAL
        case DoubleType():
            return trino.DOUBLE
        case DateType():
            return trino.DATE
        case StringType():
            return trino.VARCHAR
        case BinaryType() | FixedType():
            return trino.VARBINARY
        case UUIDType():
            return trino.UUID
        case TimeType():
            return trino.time(6)
        case TimestampType():
            return trino.timestamp(6)
        case TimestamptzType():
            return trino.timestamp_tz(6)
        case DecimalType():
            return trino.decimal(kind.precision, kind.scale)
        case ListType():
            return trino.array(to_trino(kind.element_type))
        case MapType():
            return trino.map_(to_trino(kind.key_type), to_trino(kind.value_type))
        case StructType():
            return trino.row(*(Field(f.name.lower(), to_trino(f.field_type)) for f in kind.fields))
    raise SqlError("NOT_SUPPORTED", f"Iceberg type {kind} is not supported")


def from_trino(kind: Type, ids: Iterator[int] | None = None) -> IcebergType:
    """The Iceberg type in which Athena stores a Trino type; nested ids come from `ids`.

    Raises:
        SqlError: NOT_SUPPORTED, in Trino's words.
    """
    ids = ids or count(1)
    digits = kind.arguments[0] if kind.arguments else None
    if kind.base in _PLAIN:
        return _PLAIN[kind.base]
    if kind.base == "decimal":
        precision, scale = cast("tuple[int, int]", kind.arguments)
        return DecimalType(precision, scale)
    if kind.base == "timestamp":
        if digits != 6:
            raise _wrong_digits("Timestamp", digits, "timestamp(6)")
        return TimestampType()
    if kind.base == "timestamp with time zone":
        if digits != 6:
            raise _wrong_digits("Timestamp", digits, "timestamp(6) with time zone")
        return TimestamptzType()
    if kind.base == "time":
        if digits != 6:
            raise _wrong_digits("Time", digits, "time(6)")
        return TimeType()
    if kind.base == "array":
        element = cast("Type", kind.arguments[0])
        number = next(ids)
        return ListType(number, from_trino(element, ids), element_required=False)
    if kind.base == "map":
        key, value = cast("tuple[Type, Type]", kind.arguments)
        numbers = next(ids), next(ids)
        return MapType(
            numbers[0],
            from_trino(key, ids),
            numbers[1],
            from_trino(value, ids),
            value_required=False,
        )
    if kind.base == "row":
        fields = []
        for field in cast("tuple[Field, ...]", kind.arguments):
            if field.name is None:
                raise SqlError("NOT_SUPPORTED", f"Row type field does not have a name: {kind}")
            number = next(ids)
            fields.append(NestedField(number, field.name, from_trino(field.type, ids)))
        return StructType(*fields)
    raise SqlError("NOT_SUPPORTED", f"Type not supported for Iceberg: {kind}")


def _wrong_digits(what: str, digits: object, instead: str) -> SqlError:
    return SqlError(
        "NOT_SUPPORTED",
        f'{what} precision ({digits}) not supported for Iceberg. Use "{instead}" instead.',
    )


def to_glue(kind: IcebergType) -> str:
    """Glue's text of an Iceberg type, as Iceberg's Glue catalog writes it."""
    match kind:
        case IntegerType():
            return "int"
        case LongType():
            return "bigint"
        case TimestampType() | TimestamptzType():
            return "timestamp"
        case TimeType() | UUIDType() | StringType():
            return "string"
        case BinaryType() | FixedType():
            return "binary"
        case DecimalType():
            return f"decimal({kind.precision},{kind.scale})"
        case ListType():
            return f"array<{to_glue(kind.element_type)}>"
        case MapType():
            return f"map<{to_glue(kind.key_type)},{to_glue(kind.value_type)}>"
        case StructType():
            inner = ",".join(f"{field.name}:{to_glue(field.field_type)}" for field in kind.fields)
            return f"struct<{inner}>"
    return str(kind)


def from_glue(text: str, ids: Iterator[int] | None = None) -> IcebergType:
    """The Iceberg type of a type in Hive's DDL (`array<struct<a:int>>`); nested ids from `ids`.

    Raises:
        SqlError: NOT_SUPPORTED for tinyint, smallint, char and unknown names.
    """
    tokens = _TOKEN.findall(text)
    parser = _GlueText(tokens, ids or count(1), text)
    kind = parser.kind()
    if parser.rest():
        raise _refused(text)
    return kind


def _refused(text: str) -> SqlError:
    return SqlError("NOT_SUPPORTED", f"Type not supported for Iceberg: {text}")


class _GlueText:
    """Reads one type from tokens; ids are given in pre-order, as PyIceberg does."""

    def __init__(self, tokens: list[str], ids: Iterator[int], text: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._ids = ids
        self._text = text

    def rest(self) -> list[str]:
        return self._tokens[self._at :]

    def kind(self) -> IcebergType:
        name = self._next().lower()
        special: dict[str, Callable[[], IcebergType]] = {
            "array": self._array,
            "list": self._array,
            "map": self._map,
            "struct": self._struct,
        }
        if name in special:
            return special[name]()
        if name == "decimal":
            return self._decimal()
        if name in ("fixed", "varchar"):
            self._expect("(")
            length = int(self._next())
            self._expect(")")
            return FixedType(length) if name == "fixed" else StringType()
        words = [name]
        while self.rest()[:1] and self.rest()[0].isalpha():
            words.append(self._next().lower())
        if " ".join(words) not in _GLUE_PLAIN:
            raise _refused(" ".join(words))
        return _GLUE_PLAIN[" ".join(words)]

    def _array(self) -> IcebergType:
        self._expect("<")
        number = next(self._ids)
        element = self.kind()
        self._expect(">")
        return ListType(number, element, element_required=False)

    def _map(self) -> IcebergType:
        self._expect("<")
        numbers = next(self._ids), next(self._ids)
        key = self.kind()
        self._expect(",")
        value = self.kind()
        self._expect(">")
        return MapType(numbers[0], key, numbers[1], value, value_required=False)

    def _struct(self) -> IcebergType:
        self._expect("<")
        fields: list[NestedField] = []
        while True:
            name = self._next()
            if name.startswith("`"):
                name = name[1:-1].replace("``", "`")
            self._expect(":")
            number = next(self._ids)
            fields.append(NestedField(number, name.lower(), self.kind()))
            if self._next() != ",":
                break
        self._at -= 1
        self._expect(">")
        return StructType(*fields)

    def _decimal(self) -> IcebergType:
        if self.rest()[:1] != ["("]:
            return DecimalType(10, 0)
        self._expect("(")
        precision, scale = int(self._next()), 0
        if self._next() == ",":
            scale = int(self._next())
        else:
            self._at -= 1
        self._expect(")")
        return DecimalType(precision, scale)

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise _refused(self._text)
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise _refused(self._text)
