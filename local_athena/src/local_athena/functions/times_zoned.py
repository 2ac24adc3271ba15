"""time(p) with time zone: STRUCT(ps BIGINT, zone INTEGER), the picoseconds that its clock shows and
the minutes that the clock is ahead of UTC. Here is all that is done with such values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_athena.functions.text import let
from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError
from local_athena.sql.instants import MAX_DIGITS, read_time
from local_athena.sql.representation import precision_of
from local_athena.sql.types import Type

KIND = "STRUCT(ps BIGINT, zone INTEGER)"
_DAY = 86_400 * 10**12
_MINUTE = 60 * 10**12
_MICROSECOND = 10**6


def clock(value: str) -> str:
    """Picoseconds of the day, as the clock shows them."""
    return f"struct_extract({value}, 'ps')"


def offset(value: str) -> str:
    """Minutes ahead of UTC."""
    return f"struct_extract({value}, 'zone')"


def packed(picoseconds: str, minutes: str) -> str:
    """The value of a clock and an offset; NULL when the clock is."""
    return let(
        [picoseconds],
        lambda p: (
            f"(CASE WHEN {p} IS NOT NULL THEN "
            f"{{'ps': CAST({p} AS BIGINT), 'zone': CAST({minutes} AS INTEGER)}} END)"
        ),
    )


def _wrapped(picoseconds: str) -> str:
    return f"((({picoseconds}) % {_DAY} + {_DAY}) % {_DAY})"


def at_utc(value: str) -> str:
    """What decides order and equality: the picoseconds of the day in UTC."""
    return let([value], lambda v: _wrapped(f"{clock(v)} - CAST({offset(v)} AS BIGINT) * {_MINUTE}"))


def rounded(picoseconds: str, precision: int) -> str:
    """Half up to that many digits; past midnight the day starts again."""
    unit = 10 ** (12 - precision)
    if unit == 1:
        return picoseconds
    return f"(({picoseconds} + {unit // 2}) // {unit} * {unit} % {_DAY})"


def clock_of_time(value: str, type_: Type) -> str:
    """Picoseconds of a TIME, or of a time(p > 6)."""
    if precision_of(type_) > 6:
        return let(
            [value],
            lambda v: (
                f"(epoch_us(struct_extract({v}, 'us')) * {_MICROSECOND} + "
                f"struct_extract({v}, 'ps'))"
            ),
        )
    return f"(epoch_us({value}) * {_MICROSECOND})"


def time_of_clock(picoseconds: str, type_: Type) -> str:
    """The TIME of picoseconds that have no more digits than the type."""
    us = "CAST(make_timestamp({0} // 1000000) AS TIME)"
    if precision_of(type_) > 6:
        return let(
            [picoseconds],
            lambda p: (
                f"(CASE WHEN {p} IS NOT NULL THEN {{'us': {us.format(p)}, "
                f"'ps': CAST({p} % 1000000 AS INTEGER)}} END)"
            ),
        )
    return us.format(picoseconds)


def moved(value: str, milliseconds: str) -> str:
    """The value some milliseconds later; it stays on its clock."""
    return let(
        [value],
        lambda v: packed(
            _wrapped(f"{clock(v)} + ({milliseconds}) % 86400000 * 1000000000"), offset(v)
        ),
    )


def rounded_value(value: str, precision: int) -> str:
    """Half up to that many digits."""
    return let([value], lambda v: packed(rounded(clock(v), precision), offset(v)))


def truncated(value: str, picoseconds: int) -> str:
    """Cut to whole units."""
    return let([value], lambda v: packed(f"{clock(v)} // {picoseconds} * {picoseconds}", offset(v)))


def at_offset(value: str, minutes: str) -> str:
    """The same moment of the day on another clock."""
    return let(
        [value, minutes],
        lambda v, m: packed(
            _wrapped(f"{clock(v)} + CAST({m} - {offset(v)} AS BIGINT) * {_MINUTE}"), m
        ),
    )


# ---------------------------------------------------------------- casts


def _from_time(value: str, source: Type, target: Type) -> str:
    return packed(rounded(clock_of_time(value, source), precision_of(target)), "0")


def _to_time(value: str, source: Type, target: Type) -> str:
    return time_of_clock(rounded(clock(value), precision_of(target)), target)


def _to_other_precision(value: str, source: Type, target: Type) -> str:
    return rounded_value(value, precision_of(target))


def _from_text(value: str, source: Type, target: Type) -> str:
    precision = precision_of(target)

    def read(text: str) -> dict[str, Any]:
        found = read_time(text)
        if found is None or found[1] > MAX_DIGITS:
            message = f"Value cannot be cast to time with time zone: {text}"
            raise SqlError("INVALID_CAST_ARGUMENT", message)
        instant, _, zone = found
        minutes = _minutes_of(zone) if zone is not None else 0
        local = (instant + minutes * _MINUTE) % _DAY
        unit = 10 ** (12 - precision)
        return {"ps": (local + unit // 2) // unit * unit % _DAY, "zone": minutes}

    return call_python(f"text_to_time_tz_{precision}", read, [value], ["VARCHAR"], KIND)


def _minutes_of(zone: str) -> int:
    from local_athena.sql.representation import zone_minutes

    return zone_minutes(zone)


def text_of(value: str, precision: int) -> str:
    """`01:02:03.5+05:30`, with that many digits."""

    def body(v: str) -> str:
        length = 8 + (1 + min(precision, 6) if precision else 0)
        shown = f"left(strftime(make_timestamp({clock(v)} // 1000000), '%H:%M:%S.%f'), {length})"
        if precision > 6:
            rest = f"lpad(CAST({clock(v)} % 1000000 AS VARCHAR), 6, '0')"
            shown += f" || left({rest}, {precision - 6})"
        minutes = offset(v)
        return (
            f"({shown} || (CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END) || "
            f"lpad(CAST(abs({minutes}) // 60 AS VARCHAR), 2, '0') || ':' || "
            f"lpad(CAST(abs({minutes}) % 60 AS VARCHAR), 2, '0'))"
        )

    return let([value], body)


CASTS: dict[tuple[str, str], Callable[[str, Type, Type], str]] = {
    ("varchar", "time with time zone"): _from_text,
    ("time", "time with time zone"): _from_time,
    ("time with time zone", "time"): _to_time,
    ("time with time zone", "time with time zone"): _to_other_precision,
}
