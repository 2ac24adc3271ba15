"""What Hive's DDL refuses of columns: names, and the limits of types.

Source: Athena user guide, "CREATE TABLE" (char, varchar, map) and "Names for tables,
databases, and columns" (255 characters), read 2026-11; messages are Hive's.
"""

from collections.abc import Iterable, Sequence

from local_athena.catalog.model import Column
from local_athena.engine.errors import ddl_failure
from local_athena.engine.hive_types import trino_type
from local_athena.sql import nodes
from local_athena.sql.representation import entry_of
from local_athena.sql.types import Field, Type

_LONGEST_NAME = 255
_LONGEST = {"char": 255, "varchar": 65535}


def new_columns(definitions: Iterable[nodes.ColumnDefinition]) -> tuple[Column, ...]:
    """Columns as the catalog keeps them.

    Raises:
        QueryFailed: a name or a type is refused.
        SqlError: NOT_SUPPORTED for a type that is not known.
    """
    columns = []
    for definition in definitions:
        name = definition.name.value.lower()
        check_name(name)
        _check_type(trino_type(definition.type))
        columns.append(Column(name, definition.type, definition.comment))
    return tuple(columns)


def check_distinct(columns: Sequence[Column]) -> None:
    """Refuse two columns of one name.

    Raises:
        QueryFailed: error 10036.
    """
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise ddl_failure(f"SemanticException [Error 10036]: Duplicate column name: {name}")


def check_name(name: str) -> None:
    """Refuse a name that is too long.

    Raises:
        QueryFailed: it has more than 255 characters.
    """
    if len(name) > _LONGEST_NAME:
        raise ddl_failure(
            f"SemanticException: the name {name[:20]}… has {len(name)} characters, "
            f"the most is {_LONGEST_NAME}"
        )


def _check_type(type_: Type) -> None:
    base, arguments = type_.base, type_.arguments
    longest = _LONGEST.get(base)
    if longest is not None and isinstance(arguments[0], int):
        if not 1 <= arguments[0] <= longest:
            raise ddl_failure(
                f"RuntimeException {base.capitalize()} length {arguments[0]} out of allowed range "
                f"[1, {longest}]"
            )
    elif base == "map" and entry_of(type_)[0].base in ("array", "map", "row"):
        raise ddl_failure("ParseException: a map's key must be of a primitive type")
    for part in arguments:
        inner = part.type if isinstance(part, Field) else part
        if isinstance(inner, Type):
            _check_type(inner)
