"""Times with a zone: from an instant to the zone's clock and back.

A zone is a name (`America/Sao_Paulo`, by ICU) or an offset (`+05:30`), which ICU's timezone() does
not know. In a gap of the clocks, and where an hour comes twice, ICU does as Java: later by the gap,
and the first of the two.
"""

from __future__ import annotations

from local_athena.functions.text import let
from local_athena.sql.representation import precision_of
from local_athena.sql.types import Type


def instant(value: str) -> str:
    """The UTC TIMESTAMP of a time with zone."""
    return f"struct_extract({value}, 'instant')"


def zone(value: str) -> str:
    """The zone's text."""
    return f"struct_extract({value}, 'zone')"


def offset_interval(zone_text: str) -> str:
    """The INTERVAL of an offset's text (`+05:30`)."""
    return (
        f"to_minutes((CASE WHEN {zone_text}[1] = '-' THEN -1 ELSE 1 END) * "
        f"(CAST({zone_text}[2:3] AS INTEGER) * 60 + "
        f"COALESCE(CAST(NULLIF({zone_text}[5:6], '') AS INTEGER), 0)))"
    )


def _is_offset(zone_text: str) -> str:
    return f"{zone_text}[1] IN ('+', '-')"


def to_local(instant_text: str, zone_text: str) -> str:
    """The zone's clock at a UTC TIMESTAMP."""
    return let(
        [instant_text, zone_text],
        lambda i, z: (
            f"(CASE WHEN {z} = 'UTC' THEN {i} WHEN {_is_offset(z)} THEN {i} + {offset_interval(z)} "
            f"ELSE timezone({z}, CAST({i} AS TIMESTAMPTZ)) END)"
        ),
    )


def from_local(local_text: str, zone_text: str) -> str:
    """The UTC TIMESTAMP of a zone's clock."""
    return let(
        [local_text, zone_text],
        lambda t, z: (
            f"(CASE WHEN {z} = 'UTC' THEN {t} WHEN {_is_offset(z)} THEN {t} - {offset_interval(z)} "
            f"ELSE CAST(timezone({z}, {t}) AS TIMESTAMP) END)"
        ),
    )


def local_of(value: str) -> str:
    """The clock of a time with zone, in its zone."""
    return let([value], lambda v: to_local(instant(v), zone(v)))


def packed(instant_text: str, zone_text: str, type_: Type, picoseconds: str = "0") -> str:
    """A time with zone from its parts."""
    if precision_of(type_) > 6:
        return (
            f"{{'instant': {instant_text}, 'ps': CAST({picoseconds} AS INTEGER), "
            f"'zone': {zone_text}}}"
        )
    made = f"{{'instant': {instant_text}, 'zone': {zone_text}}}"
    return f"(CASE WHEN {instant_text} IS NOT NULL THEN {made} END)"


def offset_minutes(value: str) -> str:
    """Minutes east of UTC of a time with zone, at its instant."""
    return let(
        [value],
        lambda v: f"CAST((epoch_us({local_of(v)}) - epoch_us({instant(v)})) // 60000000 AS BIGINT)",
    )
