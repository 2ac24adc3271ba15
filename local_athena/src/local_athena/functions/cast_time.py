"""CAST to date, time, timestamp, with and without time zone. The session's zone is UTC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_athena.functions import times_zoned, zones
from local_athena.functions.casts import or_fail
from local_athena.functions.text import let, text
from local_athena.functions.udf import call_python
from local_athena.sql import instants
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import precision_of
from local_athena.sql.types import Type
from local_athena.sql.zone_names import any_zone, cast_zone, trino_zone

_DATE = r"\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\s*"
_TIMESTAMP = (
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"( ([01]?[0-9]|2[0-3]):[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?)?"
)
_TIME = r"([01]?[0-9]|2[0-3]):[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,12})?)? *"


def rounded(value: str, precision: int) -> str:
    """A TIMESTAMP rounded half up to that many digits."""
    if precision >= 6:
        return value
    unit = 10 ** (6 - precision)

    def body(v: str) -> str:
        moved = f"(epoch_us({v}) + {unit // 2})"
        return f"make_timestamp({moved} - ((({moved} % {unit}) + {unit}) % {unit}))"

    return let([value], body)


def _text_to_date(value: str, source: Type, target: Type) -> str:
    """The usual form natively, all others by the reader of literals."""

    def body(v: str) -> str:
        read = call_python("text_to_day", _read_day, [v], ["VARCHAR"], "INTEGER")
        usual = f"regexp_full_match({v}, {text(_DATE)})"
        other = f"(DATE '1970-01-01' + {read})"
        return (
            f"(CASE WHEN {usual} AND TRY_CAST({v} AS DATE) IS NOT NULL THEN CAST({v} AS DATE) "
            f"ELSE {other} END)"
        )

    return let([value], body)


def _read_day(value: str) -> int:
    found = instants.read_date(value)
    if found is None or not instants.is_day(found):
        raise SqlError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to date: {value}")
    return found


def _text_to_timestamp(value: str, source: Type, target: Type) -> str:
    """The usual form natively, all others by the reader of literals. A zone behind the clock is
    left out: its clock is what counts."""
    precision = precision_of(target)
    name, read = f"text_to_wall_{precision}", _wall_reader(precision)

    def body(v: str) -> str:
        usual = f"regexp_full_match({v}, {text(_TIMESTAMP)})"
        native = rounded(f"TRY_CAST({v} AS TIMESTAMP)", min(precision, 6))
        other = call_python(name, read, [v], ["VARCHAR"], "STRUCT(us BIGINT, ps INTEGER)")
        if precision > 6:
            native = f"{{'us': {native}, 'ps': 0}}"
            other = let([other], _wall)
        else:
            other = f"make_timestamp(struct_extract({other}, 'us'))"
        return (
            f"(CASE WHEN {usual} AND TRY_CAST({v} AS TIMESTAMP) IS NOT NULL THEN {native} "
            f"ELSE {other} END)"
        )

    return let([value], body)


def _wall(read: str) -> str:
    moment = f"make_timestamp(struct_extract({read}, 'us'))"
    made = f"{{'us': {moment}, 'ps': struct_extract({read}, 'ps')}}"
    return f"(CASE WHEN {read} IS NOT NULL THEN {made} END)"


def _wall_reader(precision: int) -> Callable[[str], dict[str, Any]]:
    unit = 10 ** (12 - precision)

    def read(value: str) -> dict[str, Any]:
        found = instants.read_timestamp(value, any_zone)
        if found is None:
            raise SqlError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to timestamp: {value}")
        picoseconds, _, zone = found
        if zone is not None:
            seconds = instants.offset_at(zone, picoseconds // instants.PICOSECONDS_A_SECOND)
            picoseconds += seconds * instants.PICOSECONDS_A_SECOND
        whole = (picoseconds + unit // 2) // unit * unit
        if not instants.is_moment(whole, precision, zoned=False):
            raise SqlError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to timestamp: {value}")
        return {"us": whole // 10**6, "ps": whole % 10**6}

    return read


def _text_to_time(value: str, source: Type, target: Type) -> str:
    precision = precision_of(target)
    if precision > 6:
        clock = call_python("text_to_clock", _read_clock, [value], ["VARCHAR"], "BIGINT")
        return times_zoned.time_of_clock(times_zoned.rounded(clock, precision), target)

    def body(v: str) -> str:
        valid = f"CASE WHEN regexp_full_match({v}, {text(_TIME)}) THEN rtrim({v}) END"
        made = f"TRY_CAST({valid} AS TIME)"
        return or_fail(rounded_time(made, precision), v, f"'Value cannot be cast to time: ' || {v}")

    return let([value], body)


def _read_clock(value: str) -> int:
    found = instants.read_time(value)
    if found is None or found[1] > instants.MAX_DIGITS or found[2] is not None:
        raise SqlError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to time: {value}")
    return found[0]


def rounded_time(value: str, precision: int) -> str:
    """A TIME rounded half up to that many digits; past midnight it starts again."""
    if precision >= 6:
        return value
    return f"CAST({rounded(f'''(DATE '1970-01-01' + {value})''', precision)} AS TIME)"


def normal_zone(zone: str) -> str:
    """A zone's text as Trino prints it.

    Raises:
        ValueError: there is no such zone.
    """
    found = trino_zone(zone)
    if found is None:
        raise ValueError(zone)
    return found


def offset_us(local_us: int, zone: str) -> int:
    """Microseconds east of UTC of a zone at a local time (the first of two, after a gap)."""
    return instants.offset_seconds(zone, local_us // 10**6) * 10**6


def _text_to_timestamp_tz(value: str, source: Type, target: Type) -> str:
    precision = precision_of(target)

    def run(v: str) -> dict[str, Any]:
        found = instants.read_timestamp(v, cast_zone)
        if found is None:
            raise SqlError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to timestamp: {v}")
        picoseconds, _, zone = found
        unit = 10 ** (12 - precision)
        whole = (picoseconds + unit // 2) // unit * unit
        if not instants.is_moment(whole, precision, zoned=True):
            raise SqlError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to timestamp: {v}")
        return {"i": whole // 10**6, "p": whole % 10**6, "z": zone or "UTC"}

    parsed = call_python(
        f"text_to_tstz_{precision}",
        run,
        [value],
        ["VARCHAR"],
        "STRUCT(i BIGINT, p INTEGER, z VARCHAR)",
    )
    return let(
        [parsed],
        lambda p: (
            zones.packed(
                f"make_timestamp(struct_extract({p}, 'i'))",
                f"struct_extract({p}, 'z')",
                target,
                f"struct_extract({p}, 'p')",
            )
            if precision <= 6
            else f"(CASE WHEN {p} IS NOT NULL THEN "
            + zones.packed(
                f"make_timestamp(struct_extract({p}, 'i'))",
                f"struct_extract({p}, 'z')",
                target,
                f"struct_extract({p}, 'p')",
            )
            + " END)"
        ),
    )


# ---------------------------------------------------------------- between times


def micro(value: str, type_: Type) -> str:
    """The TIMESTAMP or TIME of microseconds within a fine value."""
    return f"struct_extract({value}, 'us')" if precision_of(type_) > 6 else value


def _timestamp_to_timestamp(value: str, source: Type, target: Type) -> str:
    before, after = precision_of(source), precision_of(target)
    if after > 6:
        if before > 6:
            unit = 10 ** (12 - after)
            return let(
                [value],
                lambda v: (
                    f"(CASE WHEN {v} IS NOT NULL THEN {{'us': struct_extract({v}, 'us') + "
                    f"to_microseconds((struct_extract({v}, 'ps') + {unit // 2}) // 1000000), "
                    f"'ps': CAST((struct_extract({v}, 'ps') + {unit // 2}) % 1000000 "
                    f"// {unit} * {unit} AS INTEGER)}} END)"
                ),
            )
        return let(
            [value],
            lambda v: f"(CASE WHEN {v} IS NOT NULL THEN {{'us': {v}, 'ps': 0}} END)",
        )
    if before > 6:
        if after == 6:
            return let(
                [value],
                lambda v: (
                    f"(struct_extract({v}, 'us') + to_microseconds("
                    f"CASE WHEN struct_extract({v}, 'ps') >= 500000 THEN 1 ELSE 0 END))"
                ),
            )
        return rounded(f"struct_extract({value}, 'us')", after)
    return rounded(value, after)


def _date_to_timestamp(value: str, source: Type, target: Type) -> str:
    made = f"CAST({value} AS TIMESTAMP)"
    if precision_of(target) > 6:
        return let([made], lambda v: f"(CASE WHEN {v} IS NOT NULL THEN {{'us': {v}, 'ps': 0}} END)")
    return made


def _timestamp_to_date(value: str, source: Type, target: Type) -> str:
    return f"CAST({micro(value, source)} AS DATE)"


def _timestamp_to_time(value: str, source: Type, target: Type) -> str:
    if precision_of(target) <= 6:
        moment = _timestamp_to_timestamp(value, source, Type("timestamp", target.arguments))
        return f"CAST({moment} AS TIME)"
    clock = times_zoned.rounded(_clock_of_timestamp(value, source), precision_of(target))
    return times_zoned.time_of_clock(clock, target)


def _clock_of_timestamp(value: str, type_: Type) -> str:
    """Picoseconds of the day."""

    def body(v: str) -> str:
        clock = f"(epoch_us(CAST({micro(v, type_)} AS TIME)) * 1000000)"
        return f"({clock} + struct_extract({v}, 'ps'))" if precision_of(type_) > 6 else clock

    return let([value], body)


def _timestamp_to_time_tz(value: str, source: Type, target: Type) -> str:
    clock = times_zoned.rounded(_clock_of_timestamp(value, source), precision_of(target))
    return times_zoned.packed(clock, "0")


def _time_to_timestamp(value: str, source: Type, target: Type) -> str:
    """On the current day."""
    if precision_of(source) <= 6 and precision_of(target) <= 6:
        return rounded(f"(CAST(current_date AS DATE) + {value})", precision_of(target))
    fine = Type("timestamp", (12,))
    made = let(
        [times_zoned.clock_of_time(value, source)],
        lambda c: (
            f"(CASE WHEN {c} IS NOT NULL THEN {{'us': CAST(current_date AS TIMESTAMP) + "
            f"to_microseconds({c} // 1000000), 'ps': CAST({c} % 1000000 AS INTEGER)}} END)"
        ),
    )
    return _timestamp_to_timestamp(made, fine, target)


def _time_to_zoned(value: str, source: Type, target: Type) -> str:
    fine = Type("timestamp", (12,))
    return _to_zoned(_time_to_timestamp(value, source, fine), fine, target)


def _time_to_time(value: str, source: Type, target: Type) -> str:
    if precision_of(source) <= 6 and precision_of(target) <= 6:
        return rounded_time(value, precision_of(target))
    clock = times_zoned.clock_of_time(value, source)
    return times_zoned.time_of_clock(times_zoned.rounded(clock, precision_of(target)), target)


def _to_zoned(value: str, source: Type, target: Type) -> str:
    """A date or timestamp as one of UTC."""
    precision = precision_of(target)
    if source.base == "date":
        made = f"CAST({value} AS TIMESTAMP)"
    elif precision_of(source) > 6 or precision > 6:
        finest = Type("timestamp", (precision,))
        fine = _timestamp_to_timestamp(value, source, finest) if source != finest else value
        if precision > 6:
            return let(
                [fine],
                lambda v: (
                    f"(CASE WHEN {v} IS NOT NULL THEN {{'instant': struct_extract({v}, 'us'), "
                    f"'ps': struct_extract({v}, 'ps'), 'zone': 'UTC'}} END)"
                ),
            )
        made = fine
    else:
        made = rounded(value, precision)
    if precision > 6:
        return let(
            [made],
            lambda v: (
                f"(CASE WHEN {v} IS NOT NULL THEN {{'instant': {v}, 'ps': 0, 'zone': 'UTC'}} END)"
            ),
        )
    return zones.packed(made, "'UTC'", target)


def _zoned_to_zoned(value: str, source: Type, target: Type) -> str:
    before, after = precision_of(source), precision_of(target)

    def body(v: str) -> str:
        utc = zones.instant(v)
        if before > 6:
            utc = f"{{'us': {utc}, 'ps': struct_extract({v}, 'ps')}}"
        types = (Type("timestamp", (before,)), Type("timestamp", (after,)))
        return let([_timestamp_to_timestamp(utc, *types)], lambda m: packed(m, v))

    def packed(m: str, v: str) -> str:
        if after <= 6:
            return zones.packed(m, zones.zone(v), target)
        return (
            f"(CASE WHEN {v} IS NOT NULL THEN {{'instant': struct_extract({m}, 'us'), "
            f"'ps': struct_extract({m}, 'ps'), 'zone': {zones.zone(v)}}} END)"
        )

    return let([value], body)


def _zoned_to_timestamp(value: str, source: Type, target: Type) -> str:
    return _timestamp_to_timestamp(*_local_timestamp(value, source), target)


def _local_timestamp(value: str, source: Type) -> tuple[str, Type]:
    """The clock that a time with zone shows, as a timestamp of its precision."""
    local = Type("timestamp", (precision_of(source),))
    if precision_of(source) <= 6:
        return zones.local_of(value), local
    made = let(
        [value],
        lambda v: (
            f"(CASE WHEN {v} IS NOT NULL THEN {{'us': {zones.local_of(v)}, "
            f"'ps': struct_extract({v}, 'ps')}} END)"
        ),
    )
    return made, local


def _zoned_to_date(value: str, source: Type, target: Type) -> str:
    return f"CAST({zones.local_of(value)} AS DATE)"


def _zoned_to_time(value: str, source: Type, target: Type) -> str:
    return _timestamp_to_time(*_local_timestamp(value, source), target)


def _zoned_to_time_tz(value: str, source: Type, target: Type) -> str:
    """Its clock, at the offset that its zone has today."""

    def body(v: str) -> str:
        clock = _clock_of_timestamp(*_local_timestamp(v, source))
        today = f"{{'instant': CAST(now() AS TIMESTAMP), 'zone': {zones.zone(v)}}}"
        return times_zoned.packed(
            times_zoned.rounded(clock, precision_of(target)), zones.offset_minutes(today)
        )

    return let([value], body)


def _time_tz_to_timestamp(value: str, source: Type, target: Type) -> str:
    fine = Type("time", (12,))
    clock = times_zoned.time_of_clock(times_zoned.clock(value), fine)
    return _time_to_timestamp(clock, fine, target)


def _time_tz_to_zoned(value: str, source: Type, target: Type) -> str:
    """On the current day of UTC."""
    fine = Type("time", (12,))
    timestamp = Type("timestamp", (precision_of(target),))

    def body(v: str) -> str:
        clock = times_zoned.time_of_clock(times_zoned.at_utc(v), fine)
        zone = call_python(
            "offset_name", _offset_name, [times_zoned.offset(v)], ["INTEGER"], "VARCHAR"
        )
        moment = _time_to_timestamp(clock, fine, timestamp)
        if precision_of(target) <= 6:
            return zones.packed(moment, zone, target)
        return let(
            [moment],
            lambda m: (
                f"(CASE WHEN {m} IS NOT NULL THEN {{'instant': struct_extract({m}, 'us'), "
                f"'ps': struct_extract({m}, 'ps'), 'zone': {zone}}} END)"
            ),
        )

    return let([value], body)


def _offset_name(minutes: int) -> str:
    if minutes == 0:
        return "UTC"
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


_TZ = "timestamp with time zone"
CASTS = {
    ("varchar", "date"): _text_to_date,
    ("varchar", "timestamp"): _text_to_timestamp,
    ("varchar", "time"): _text_to_time,
    ("varchar", _TZ): _text_to_timestamp_tz,
    ("timestamp", "timestamp"): _timestamp_to_timestamp,
    ("date", "timestamp"): _date_to_timestamp,
    ("timestamp", "date"): _timestamp_to_date,
    ("timestamp", "time"): _timestamp_to_time,
    ("time", "timestamp"): _time_to_timestamp,
    ("time", "time"): _time_to_time,
    ("time", _TZ): _time_to_zoned,
    ("timestamp", "time with time zone"): _timestamp_to_time_tz,
    ("date", _TZ): _to_zoned,
    ("timestamp", _TZ): _to_zoned,
    (_TZ, _TZ): _zoned_to_zoned,
    (_TZ, "timestamp"): _zoned_to_timestamp,
    (_TZ, "date"): _zoned_to_date,
    (_TZ, "time"): _zoned_to_time,
    ("time with time zone", "timestamp"): _time_tz_to_timestamp,
    ("time with time zone", _TZ): _time_tz_to_zoned,
    (_TZ, "time with time zone"): _zoned_to_time_tz,
}
