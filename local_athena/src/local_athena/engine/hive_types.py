"""What a Hive table can hold: its Glue type texts, and the Trino types that Athena refuses.

Hive tables in Athena hold timestamps of three digits (Trino: hive.timestamp-precision).
"""

from local_athena.sql.errors import SqlError
from local_athena.sql.type_text import hive_type, parse_hive_type
from local_athena.sql.types import Field, Type


def trino_type(text: str) -> Type:
    """The Trino type of a Glue type text.

    Raises:
        SqlError: NOT_SUPPORTED for a type that Athena does not read.
    """
    try:
        return parse_hive_type(text)
    except SqlError as error:
        raise SqlError("NOT_SUPPORTED", f"Unsupported Hive type: {text}") from error


def glue_type(type_: Type, column: str | None = None) -> str:
    """The Glue type text in which a Hive table keeps this Trino type.

    Raises:
        SqlError: NOT_SUPPORTED, in Trino's words, for a type that Hive tables cannot hold.
    """
    wrong = _wrong_timestamp(type_)
    if wrong is not None:
        where = f"; column name: {column}" if column else ""
        raise SqlError(
            "NOT_SUPPORTED",
            f"Incorrect timestamp precision for {wrong}; "
            f"the configured precision is MILLISECONDS{where}",
        )
    return hive_type(type_)


def _wrong_timestamp(type_: Type) -> Type | None:
    if type_.base == "timestamp":
        return None if type_.arguments == (3,) else type_
    for argument in type_.arguments:
        part = argument.type if isinstance(argument, Field) else argument
        if isinstance(part, Type):
            wrong = _wrong_timestamp(part)
            if wrong is not None:
                return wrong
    return None
