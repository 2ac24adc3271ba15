"""A moment in another zone: AT TIME ZONE, with_timezone, timezone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from local_athena.functions import times_zoned, zones
from local_athena.functions.cast_time import micro, normal_zone, offset_us
from local_athena.functions.registry import ScalarWriter
from local_athena.functions.text import constant_text, let
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import precision_of, quote_text
from local_athena.sql.zone_names import offset_text


def offset_zone(hours: int, minutes: int) -> str:
    total = hours * 60 + minutes
    if not -840 <= total <= 840:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Invalid offset minutes {total}")
    if total == 0:
        return "UTC"
    return offset_text(total)


def zone_text(expression: Any, value: str, beside: str) -> str:
    """A zone given as varchar (in Trino's form; checked unless `beside` is NULL) or an interval."""
    type_ = expression.type
    if type_.base == "interval day to second":
        return call_python("interval_zone", _interval_zone, [value], ["BIGINT"], "VARCHAR")
    known = constant_text(expression)
    if known is not None:
        try:
            return quote_text(normal_zone(known))
        except ValueError:
            pass
    wanted = f"(CASE WHEN {beside} IS NOT NULL THEN {value} END)"
    return call_python("zone_name", _zone_name, [wanted], ["VARCHAR"], "VARCHAR")


def _interval_zone(milliseconds: int) -> str:
    if milliseconds % 60_000:
        message = "Invalid time zone offset interval: interval contains seconds"
        raise SqlError("INVALID_FUNCTION_ARGUMENT", message)
    return offset_zone(0, milliseconds // 60_000)


EMPTY_ZONE = "Zone id is an empty string"


def _zone_name(value: str) -> str:
    if not value:
        raise SqlError("GENERIC_INTERNAL_ERROR", EMPTY_ZONE)
    try:
        return normal_zone(value)
    except ValueError:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"'{value}' is not a valid time zone") from None


def _fixed_minutes(zone: str) -> int:
    """The offset of a zone today."""
    return offset_us(time.time_ns() // 1000, zone) // 60_000_000


def _at_timezone(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    value = arguments[0]
    zone = zone_text(call.arguments[1], arguments[1], value)
    if type_.base == "time with time zone":
        minutes = call_python("fixed_zone", _fixed_minutes, [zone], ["VARCHAR"], "INTEGER")
        return times_zoned.at_offset(value, minutes)
    if zones.is_known(zone) and precision_of(call.type) <= 6:
        return zones.packed(zones.instant(value), zone, call.type)
    ps = "struct_extract({v}, 'ps')"

    def body(v: str, z: str) -> str:
        return (
            f"(CASE WHEN {z} IS NOT NULL THEN "
            f"{zones.packed(zones.instant(v), z, call.type, ps.format(v=v))} END)"
        )

    return let([value, zone], body)


def _with_timezone(call: Call, arguments: Sequence[str]) -> str:
    type_ = call.arguments[0].type
    value = arguments[0]
    zone = zone_text(call.arguments[1], arguments[1], value)
    if zones.is_known(zone) and precision_of(call.type) <= 6:
        return zones.packed(zones.from_local(value, zone), zone, call.type)

    def body(v: str, z: str) -> str:
        moment = zones.from_local(micro(v, type_), z)
        ps = f"struct_extract({v}, 'ps')"
        return let([moment], lambda m: zones.packed(m, z, call.type, ps))

    return let([value, zone], body)


def _timezone(call: Call, arguments: Sequence[str]) -> str:
    value = arguments[0]
    if call.arguments[0].type.base == "time with time zone":
        return let([times_zoned.text_of(value, 0)], lambda t: f"{t}[9:]")
    return let(
        [value], lambda v: f"(CASE WHEN {zones.instant(v)} IS NOT NULL THEN {zones.zone(v)} END)"
    )


SCALARS: dict[str, ScalarWriter] = {
    "at_timezone": _at_timezone,
    "with_timezone": _with_timezone,
    "timezone": _timezone,
    "current_timezone": lambda call, arguments: "'UTC'",
}
