"""Seconds and nanoseconds since 1970: to_unixtime, from_unixtime, from_unixtime_nanos."""

from __future__ import annotations

from collections.abc import Sequence

from local_athena.functions import zones
from local_athena.functions.at_time_zone import EMPTY_ZONE, offset_zone
from local_athena.functions.cast_time import micro, normal_zone
from local_athena.functions.registry import ScalarWriter
from local_athena.functions.text import fail, let
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError

_TZ = "timestamp with time zone"


def _to_unixtime(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    value = arguments[0]
    if type_.base == _TZ:
        return f"(CAST(epoch_us({zones.instant(value)}) AS DOUBLE) / 1000000)"
    if type_.base == "date":
        return f"(CAST(epoch_us(CAST({value} AS TIMESTAMP)) AS DOUBLE) / 1000000)"
    return f"(CAST(epoch_us({micro(value, type_)}) AS DOUBLE) / 1000000)"


_MOST_SECONDS = 2**51 // 1000
"""Milliseconds of a time with zone have 52 bits."""


def _java_millis(seconds: str) -> str:
    """Milliseconds as Java's long has them: the nearest one that it can hold."""
    limit = 2**63
    return (
        f"(CASE WHEN {seconds} * 1000 >= {float(limit)} THEN '{limit - 1}' "
        f"WHEN {seconds} * 1000 < {float(-limit)} THEN '{-limit}' "
        f"ELSE CAST(CAST({seconds} * 1000 AS HUGEINT) AS VARCHAR) END)"
    )


def _from_unixtime(call: Call, arguments: Sequence[str]) -> str:
    # (half up, and a NaN is 0: Java's Math.round)
    millis = let(
        [arguments[0]],
        lambda s: (
            f"(CASE WHEN isnan({s}) THEN 0 WHEN abs({s}) > {_MOST_SECONDS} THEN "
            + fail("INVALID_FUNCTION_ARGUMENT", f"'Millis overflow: ' || {_java_millis(s)}")
            + f" ELSE CAST(floor({s} * 1000 + 0.5) AS BIGINT) END)"
        ),
    )
    moment = f"make_timestamp({millis} * 1000)"
    if len(arguments) == 1:
        zone = "'UTC'"
    elif len(arguments) == 2:
        zone = call_python("unixtime_zone", _unixtime_zone, [arguments[1]], ["VARCHAR"], "VARCHAR")
    else:
        zone = call_python(
            "offset_zone", offset_zone, list(arguments[1:]), ["BIGINT", "BIGINT"], "VARCHAR"
        )
    return let(
        [moment, zone],
        lambda m, z: f"(CASE WHEN {z} IS NOT NULL THEN {zones.packed(m, z, call.type)} END)",
    )


def _from_unixtime_nanos(call: Call, arguments: Sequence[str]) -> str:
    return let(
        [f"CAST({arguments[0]} AS HUGEINT)"],
        lambda n: (
            f"(CASE WHEN {n} IS NOT NULL THEN {{'instant': make_timestamp(CAST("
            f"({n} - (({n} % 1000) + 1000) % 1000) // 1000 AS BIGINT)), "
            f"'ps': CAST((({n} % 1000) + 1000) % 1000 * 1000 AS INTEGER), 'zone': 'UTC'}} END)"
        ),
    )


def _unixtime_zone(value: str) -> str:
    if not value:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", EMPTY_ZONE)
    try:
        return normal_zone(value)
    except ValueError:
        raise SqlError("NOT_SUPPORTED", f"Time zone not supported: {value}") from None


SCALARS: dict[str, ScalarWriter] = {
    "to_unixtime": _to_unixtime,
    "from_unixtime": _from_unixtime,
    "from_unixtime_nanos": _from_unixtime_nanos,
}
