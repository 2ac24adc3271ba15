"""Between Glue's (Hive's) type texts and Trino's types.

`struct<a:int,b:array<string>>` is `row(a integer, b array(varchar))`. Hive tables in Athena hold
timestamps of three digits. Source: Athena user guide, "Data types in Amazon Athena" (read
2026-11), and Trino's HiveTypeTranslator.
"""

import re

from local_athena.sql import types
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Field, Type

_SIMPLE = {
    "boolean": types.BOOLEAN,
    "tinyint": types.TINYINT,
    "smallint": types.SMALLINT,
    "int": types.INTEGER,
    "integer": types.INTEGER,
    "bigint": types.BIGINT,
    "float": types.REAL,
    "real": types.REAL,
    "double": types.DOUBLE,
    "double precision": types.DOUBLE,
    "string": types.VARCHAR,
    "varchar": types.VARCHAR,
    "binary": types.VARBINARY,
    "varbinary": types.VARBINARY,
    "date": types.DATE,
    "timestamp": types.timestamp(3),
    "decimal": types.decimal(10, 0),
}
_TO_GLUE = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "integer": "int",
    "bigint": "bigint",
    "real": "float",
    "double": "double",
    "varbinary": "binary",
    "date": "date",
}
_PARAMETRIC = re.compile(r"(decimal|numeric|varchar|char|timestamp)\((\d+)(?:,(-?\d+))?\)\Z")
_UNNEEDED_BLANKS = re.compile(r"\s*([<>(),:])\s*")


def trino_type(text: str) -> Type:
    """The Trino type of a Glue type text.

    Raises:
        SqlError: NOT_SUPPORTED for a type that Athena does not read.
    """
    normal = _UNNEEDED_BLANKS.sub(r"\1", text.strip())
    lowered = normal.lower()
    simple = _SIMPLE.get(lowered)
    if simple is not None:
        return simple
    match = _PARAMETRIC.match(lowered)
    if match:
        return _parametric(match[1], int(match[2]), match[3])
    for opening, build in (("array<", _array), ("map<", _map), ("struct<", _struct)):
        if lowered.startswith(opening) and lowered.endswith(">"):
            return build(normal[len(opening) : -1])
    raise SqlError("NOT_SUPPORTED", f"Unsupported Hive type: {text}")


def glue_type(type_: Type, column: str | None = None) -> str:
    """The Glue type text in which a Hive table keeps this Trino type.

    Raises:
        SqlError: NOT_SUPPORTED, in Trino's words, for a type that Hive tables cannot hold.
    """
    base, arguments = type_.base, type_.arguments
    if base in _TO_GLUE:
        return _TO_GLUE[base]
    if base == "varchar":
        return "string" if arguments == (None,) else f"varchar({arguments[0]})"
    if base == "char":
        return f"char({arguments[0]})"
    if base == "decimal":
        return f"decimal({arguments[0]},{arguments[1]})"
    if base == "timestamp":
        if arguments != (3,):
            where = f"; column name: {column}" if column else ""
            raise SqlError(
                "NOT_SUPPORTED",
                f"Incorrect timestamp precision for {type_}; "
                f"the configured precision is MILLISECONDS{where}",
            )
        return "timestamp"
    if base == "array":
        return f"array<{glue_type(_type(arguments[0]), column)}>"
    if base == "map":
        key, value = (glue_type(_type(argument), column) for argument in arguments)
        return f"map<{key},{value}>"
    if base == "row":
        return f"struct<{','.join(_glue_field(field, type_, column) for field in arguments)}>"
    raise SqlError("NOT_SUPPORTED", f"Unsupported Hive type: {type_}")


def _glue_field(field: object, row: Type, column: str | None) -> str:
    if not isinstance(field, Field):
        raise TypeError(f"{field!r} is not a field")
    if field.name is None:
        raise SqlError(
            "NOT_SUPPORTED",
            "Anonymous row type is not supported in Hive. "
            f"Please give each field a name: {row}",
        )
    return f"{field.name}:{glue_type(field.type, column)}"


def _parametric(name: str, first: int, second: str | None) -> Type:
    if name in ("decimal", "numeric"):
        return types.decimal(first, int(second or 0))
    if name == "varchar":
        return types.varchar(first)
    if name == "char":
        return types.char(first)
    return types.timestamp(3)


def _array(inner: str) -> Type:
    return types.array(trino_type(inner))


def _map(inner: str) -> Type:
    parts = split_top_level(inner)
    if len(parts) != 2:
        raise SqlError("NOT_SUPPORTED", f"Unsupported Hive type: map<{inner}>")
    return types.map_(trino_type(parts[0]), trino_type(parts[1]))


def _struct(inner: str) -> Type:
    fields = []
    for part in split_top_level(inner):
        name, colon, type_text = part.partition(":")
        if not colon:
            raise SqlError("NOT_SUPPORTED", f"Unsupported Hive type: struct<{inner}>")
        fields.append(Field(name.strip("`").lower(), trino_type(type_text)))
    return types.row(*fields)


def split_top_level(text: str) -> list[str]:
    """Split at the commas that stand in no bracket: `a:int,b:map<x,y>` has two parts."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        if char in "<(":
            depth += 1
        elif char in ">)":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part for part in parts if part]


def _type(argument: object) -> Type:
    if not isinstance(argument, Type):
        raise TypeError(f"{argument!r} is not a type")
    return argument
