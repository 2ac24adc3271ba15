"""Values of Iceberg metadata (partition values, bounds) as DuckDB literals."""

from typing import Any

from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IcebergType,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from local_athena.engine.iceberg.columns import engine_type, quote_text


def stored_literal(kind: IcebergType, value: Any) -> str:
    """The engine's representation of a value as Iceberg stores it.

    A date is days, a time or timestamp microseconds, a uuid a UUID or 16 bytes.
    """
    target = engine_type(kind)
    if value is None:
        return f"CAST(NULL AS {target})"
    match kind:
        case BooleanType():
            return "true" if value else "false"
        case StringType():
            return quote_text(value)
        case BinaryType() | FixedType():
            return f"unhex('{bytes(value).hex()}')"
        case UUIDType():
            text = bytes(value).hex() if isinstance(value, bytes) else str(value)
            return f"CAST('{text}' AS UUID)"
        case DateType():
            return f"(DATE '1970-01-01' + ({value}))"
        case TimestampType():
            return f"make_timestamp({value})"
        case TimestamptzType():
            return f"struct_pack(instant := make_timestamp({value}), zone := 'UTC')"
        case TimeType():
            return f"CAST(TIME '00:00:00' + to_microseconds({value}) AS TIME)"
        case FloatType() | DoubleType():
            return f"CAST('{value!r}' AS {target})"
        case DecimalType():
            return f"CAST('{value:f}' AS {target})"
    return f"CAST({value} AS {target})"
