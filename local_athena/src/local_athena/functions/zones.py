"""Times with a zone: from an instant to the zone's clock and back.

A zone is a name (`America/Sao_Paulo`, by ICU) or an offset (`+05:30`), which ICU's timezone() does
not know. In a gap of the clocks the moment is later by the gap, as ICU and Java do; where an hour
comes twice it is the first of the two, as Java does.

A zone that is a literal in the text (`'America/Sao_Paulo'`) decides here what DuckDB would decide
for every row; ICU is some times as fast with a zone that is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from local_athena.functions.text import Made, is_atom, let
from local_athena.sql.representation import precision_of, zone_minutes
from local_athena.sql.types import Type


class Zoned(Made):
    """A time of at most microseconds with a known zone, made of its UTC TIMESTAMP."""

    __slots__ = ("zone",)
    zone: str

    def __new__(cls, moment: str, zone_text: str) -> Self:
        def body(m: str) -> str:
            return f"(CASE WHEN {m} IS NOT NULL THEN {{'instant': {m}, 'zone': {zone_text}}} END)"

        made = super().__new__(cls, let([moment], body))
        made.core, made.zone = moment, zone_text
        return made

    def of(self, core: str) -> Zoned:
        """The same zone at another moment."""
        return Zoned(core, self.zone)


def instant(value: str) -> str:
    """The UTC TIMESTAMP of a time with zone."""
    if isinstance(value, Zoned):
        return value.core
    # (a part of a NULL that is known has no type natively)
    known = "CAST(NULL AS STRUCT("
    return (
        "CAST(NULL AS TIMESTAMP)"
        if value.startswith(known)
        else f"struct_extract({value}, 'instant')"
    )


def zone(value: str) -> str:
    """The zone's text of a value that is not NULL."""
    return value.zone if isinstance(value, Zoned) else f"struct_extract({value}, 'zone')"


def is_known(zone_text: str) -> bool:
    """Whether a zone is the same for all rows."""
    return zone_text.startswith("'") and is_atom(zone_text)


def offset_interval(zone_text: str) -> str:
    """The INTERVAL of an offset's text (`+05:30`)."""
    if is_known(zone_text):
        return f"to_minutes({zone_minutes(zone_text[1:-1])})"
    return (
        f"to_minutes((CASE WHEN {zone_text}[1] = '-' THEN -1 ELSE 1 END) * "
        f"(CAST({zone_text}[2:3] AS INTEGER) * 60 + "
        f"COALESCE(CAST(NULLIF({zone_text}[5:6], '') AS INTEGER), 0)))"
    )


def _is_offset(zone_text: str) -> str:
    return f"{zone_text}[1] IN ('+', '-')"


def _by_zone(moment: str, zone_text: str, sign: str, by_name: Callable[[str, str], str]) -> str:
    """The moment moved by the zone: not for UTC, by an offset, or as ICU says."""
    if is_known(zone_text):
        name = zone_text[1:-1]
        if name == "UTC":
            return moment
        if name[:1] in ("+", "-"):
            return f"({moment} {sign} {offset_interval(zone_text)})"
        return by_name(moment, zone_text)
    return let(
        [moment, zone_text],
        lambda m, z: (
            f"(CASE WHEN {z} = 'UTC' THEN {m} "
            f"WHEN {_is_offset(z)} THEN {m} {sign} {offset_interval(z)} ELSE {by_name(m, z)} END)"
        ),
    )


def to_local(instant_text: str, zone_text: str) -> str:
    """The zone's clock at a UTC TIMESTAMP."""
    return _by_zone(instant_text, zone_text, "+", _clock)


def from_local(local_text: str, zone_text: str) -> str:
    """The UTC TIMESTAMP of a zone's clock."""
    return _by_zone(local_text, zone_text, "-", _first_moment)


def _clock(moment: str, zone_text: str) -> str:
    return f"timezone({zone_text}, CAST({moment} AS TIMESTAMPTZ))"


def _first_moment(local_text: str, zone_text: str) -> str:
    """The first moment at which a named zone's clock shows that.

    ICU gives the second of two. The first is where the clock would show it by the offset of the day
    before, if it does.
    """

    def first(local: str, icu: str) -> str:
        before = f"({icu} - to_days(1))"
        by_old_offset = f"({local} - ({_clock(before, zone_text)} - {before}))"
        return let(
            [by_old_offset],
            lambda m: f"(CASE WHEN {_clock(m, zone_text)} = {local} THEN {m} ELSE {icu} END)",
        )

    return let(
        [local_text],
        lambda t: let([f"CAST(timezone({zone_text}, {t}) AS TIMESTAMP)"], lambda u: first(t, u)),
    )


def local_of(value: str) -> str:
    """The clock of a time with zone, in its zone."""
    if isinstance(value, Zoned):
        return to_local(value.core, value.zone)
    return let([value], lambda v: to_local(instant(v), zone(v)))


def packed(instant_text: str, zone_text: str, type_: Type, picoseconds: str = "0") -> str:
    """A time with zone from its parts; NULL where the instant is."""
    if precision_of(type_) > 6:
        return let(
            [instant_text],
            lambda m: (
                f"(CASE WHEN {m} IS NOT NULL THEN {{'instant': {m}, "
                f"'ps': CAST({picoseconds} AS INTEGER), 'zone': {zone_text}}} END)"
            ),
        )
    if is_known(zone_text):
        return Zoned(instant_text, zone_text)
    return let(
        [instant_text],
        lambda m: f"(CASE WHEN {m} IS NOT NULL THEN {{'instant': {m}, 'zone': {zone_text}}} END)",
    )


def offset_minutes(value: str) -> str:
    """Minutes east of UTC of a time with zone, at its instant."""
    return let(
        [value],
        lambda v: f"CAST((epoch_us({local_of(v)}) - epoch_us({instant(v)})) // 60000000 AS BIGINT)",
    )
