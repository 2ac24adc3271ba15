"""From the domains of a scan (`sql.pruning`) to restrictions by field id, in Iceberg's values."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pyiceberg.schema import Schema
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
)

from local_athena.engine.iceberg.domains import Allowed, Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = date(1970, 1, 1)


class _UnknownError(Exception):
    """A value that has no form in Iceberg's metadata."""


def restrictions_of(schema: Schema, domains: Mapping[str, Any]) -> dict[int, Allowed]:
    """What predicates allow each column to be; columns that cannot be told are left out.

    `domains` are `sql.pruning.domains.Domain` by lower-case name: dates are `date`, timestamps
    naive UTC `datetime`.
    """
    found: dict[int, Allowed] = {}
    for field in schema.fields:
        domain = domains.get(field.name.lower())
        if domain is None or domain.is_all:
            continue
        try:
            spans = tuple(
                Span(
                    _stored(field.field_type, span.low),
                    _stored(field.field_type, span.high),
                    span.low_inclusive,
                    span.high_inclusive,
                )
                for span in domain.ranges
            )
        except _UnknownError:
            continue
        found[field.field_id] = Allowed(spans, domain.null)
    return found


def _stored(kind: IcebergType, value: Any) -> Any:
    """An end of a range as Iceberg stores it; None is open.

    Raises:
        _UnknownError: the value is not of the column's kind.
    """
    if value is None:
        return None
    match kind:
        case IntegerType() | LongType():
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                return value if isinstance(value, int) or value % 1 else int(value)
        case FloatType() | DoubleType():
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                return value
        case DecimalType():
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                return _scaled(Decimal(value), kind.scale)
        case StringType():
            if isinstance(value, str):
                return value
        case BooleanType():
            if isinstance(value, bool):
                return value
        case DateType():
            if isinstance(value, date) and not isinstance(value, datetime):
                return (value - _DAY).days
        case TimestampType() | TimestamptzType():
            if isinstance(value, datetime):
                instant = value if value.tzinfo else value.replace(tzinfo=UTC)
                return (instant - _EPOCH) // timedelta(microseconds=1)
    raise _UnknownError


def _scaled(value: Decimal, scale: int) -> Decimal:
    """The value with the column's digits, if it has no more of them."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent < scale:
        return value + Decimal(0).scaleb(-scale)
    return value
