"""CAST to date, time, timestamp, with and without time zone. The session's zone is UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local_athena.functions import zones
from local_athena.functions.casts import or_fail
from local_athena.functions.text import let, text
from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import precision_of
from local_athena.sql.types import Type

_DATE = r"\s*[+-]?[0-9]+-[0-9]{1,2}-[0-9]{1,2}\s*"
_TIMESTAMP = (
    r"\s*[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}"
    r"( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]+)?)?)?\s*"
)
_TAIL = r"\s*(UTC|Z|GMT|[+-][0-9]{2}:[0-9]{2}|[A-Z][A-Za-z_]+/[A-Za-z_/+-]+)$"
_TIME = r"([01]?[0-9]|2[0-3]):[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]+)?)?"
_ZONED = re.compile(
    r"(?P<date>[+-]?\d{4,}-\d{1,2}-\d{1,2})"
    r"( (?P<hour>\d{1,2}):(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.(?P<fraction>\d+))?)?)?"
    r"\s*(?P<zone>[A-Za-z+-].*)?"
)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (clocks of any zone)


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
    return let(
        [value],
        lambda v: or_fail(
            f"TRY_CAST(CASE WHEN regexp_full_match({v}, {text(_DATE)}) THEN {v} END AS DATE)",
            v,
            f"'Value cannot be cast to date: ' || {v}",
        ),
    )


def _text_to_timestamp(value: str, source: Type, target: Type) -> str:
    """A zone behind the clock is left out: its clock is what counts."""
    precision = precision_of(target)

    def body(v: str) -> str:
        bare = f"regexp_replace({v}, {text(_TAIL)}, '')"
        valid = f"CASE WHEN regexp_full_match({bare}, {text(_TIMESTAMP)}) THEN {bare} END"
        attempt = f"TRY_CAST({valid} AS TIMESTAMP)"
        if precision == 6:
            seventh = f"regexp_extract({v}, {text('[.][0-9]{6}([5-9])')}, 1)"
            attempt = f"({attempt} + to_microseconds(CASE WHEN {seventh} <> '' THEN 1 ELSE 0 END))"
        elif precision > 6:
            rest = f"regexp_extract({v}, {text('[.][0-9]{6}([0-9]+)')}, 1)"
            attempt = (
                f"(CASE WHEN {attempt} IS NOT NULL THEN {{'us': {attempt}, 'ps': "
                f"CAST(rpad(left({rest}, {precision - 6}), 6, '0') AS INTEGER)}} END)"
            )
        else:
            attempt = rounded(attempt, precision)
        return or_fail(attempt, v, f"'Value cannot be cast to timestamp: ' || trim({v})")

    return let([value], body)


def _text_to_time(value: str, source: Type, target: Type) -> str:
    precision = precision_of(target)
    if precision > 6:
        raise SqlError("NOT_SUPPORTED", f"cast from {source} to {target} is not supported")

    def body(v: str) -> str:
        valid = f"CASE WHEN regexp_full_match({v}, {text(_TIME)}) THEN {v} END"
        made = f"TRY_CAST({valid} AS TIME)"
        return or_fail(rounded_time(made, precision), v, f"'Value cannot be cast to time: ' || {v}")

    return let([value], body)


def rounded_time(value: str, precision: int) -> str:
    """A TIME rounded half up to that many digits; past midnight it starts again."""
    if precision >= 6:
        return value
    return f"CAST({rounded(f'''(DATE '1970-01-01' + {value})''', precision)} AS TIME)"


def parse_zoned(value: str) -> tuple[int, int, str]:
    """(UTC microseconds, further picoseconds, zone) of a timestamp's text; UTC without a zone.

    Raises:
        SqlError: INVALID_CAST_ARGUMENT.
    """
    found = _ZONED.fullmatch(value.strip())
    wrong = SqlError("INVALID_CAST_ARGUMENT", f"Value cannot be cast to timestamp: {value.strip()}")
    if found is None:
        raise wrong
    try:
        year, month, day = (int(part) for part in found["date"].rsplit("-", 2))
        moment = datetime(  # noqa: DTZ001  (a clock; its zone follows)
            year,
            month,
            day,
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
        )
        zone = normal_zone(found["zone"] or "UTC")
    except (ValueError, KeyError, OSError):
        raise wrong from None
    fraction = (found["fraction"] or "").ljust(12, "0")[:12]
    micros = (moment - _EPOCH) // timedelta(microseconds=1) + int(fraction[:6])
    return micros - offset_us(micros, zone), int(fraction[6:]), zone


def normal_zone(zone: str) -> str:
    """A zone's text as Trino prints it: UTC for Z and no offset, `+05:30` for offsets.

    Raises:
        ValueError: there is no such zone.
    """
    if zone.upper() in ("UTC", "Z", "GMT", "UT"):
        return "UTC"
    found = _OFFSET.fullmatch(zone)
    if found:
        hours, minutes = int(found[2]), int(found[3] or 0)
        if hours > 14 or minutes > 59:
            raise ValueError(zone)
        if hours == minutes == 0:
            return "UTC"
        return f"{found[1]}{hours:02}:{minutes:02}"
    try:
        return str(ZoneInfo(zone).key)
    except Exception as error:
        raise ValueError(zone) from error


def offset_us(local_us: int, zone: str) -> int:
    """Microseconds east of UTC of a zone at a local time (the first of two, after a gap)."""
    if zone == "UTC":
        return 0
    found = _OFFSET.fullmatch(zone)
    if found:
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return (-minutes if found[1] == "-" else minutes) * 60_000_000
    local = _EPOCH + timedelta(microseconds=local_us)
    delta = local.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    return delta // timedelta(microseconds=1)


def _text_to_timestamp_tz(value: str, source: Type, target: Type) -> str:
    precision = precision_of(target)

    def run(v: str) -> dict[str, Any]:
        micros, picos, zone = parse_zoned(v)
        if precision > 6:
            return {"i": micros, "p": picos, "z": zone}
        unit = 10 ** (12 - precision)
        whole = (micros * 1_000_000 + picos + unit // 2) // unit * unit
        return {"i": whole // 1_000_000, "p": 0, "z": zone}

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
    return f"CAST({rounded(micro(value, source), precision_of(target))} AS TIME)"


def _time_to_timestamp(value: str, source: Type, target: Type) -> str:
    return rounded(f"(CAST(current_date AS DATE) + {micro(value, source)})", precision_of(target))


def _time_to_time(value: str, source: Type, target: Type) -> str:
    if precision_of(target) > 6:
        return let(
            [value], lambda v: f"(CASE WHEN {v} IS NOT NULL THEN {{'us': {v}, 'ps': 0}} END)"
        )
    return rounded_time(micro(value, source), precision_of(target))


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
    return let([made], lambda m: zones.packed(m, "'UTC'", target))


def _zoned_to_zoned(value: str, source: Type, target: Type) -> str:
    before, after = precision_of(source), precision_of(target)
    if after > 6:
        if before > 6:
            return value
        return let(
            [value],
            lambda v: (
                f"(CASE WHEN {v} IS NOT NULL THEN {{'instant': {zones.instant(v)}, 'ps': 0, "
                f"'zone': {zones.zone(v)}}} END)"
            ),
        )
    return let(
        [value],
        lambda v: let(
            [rounded(zones.instant(v), after)], lambda m: zones.packed(m, zones.zone(v), target)
        ),
    )


def _zoned_to_timestamp(value: str, source: Type, target: Type) -> str:
    local = rounded(zones.local_of(value), precision_of(target))
    if precision_of(target) > 6:
        return let(
            [local], lambda v: f"(CASE WHEN {v} IS NOT NULL THEN {{'us': {v}, 'ps': 0}} END)"
        )
    return local


def _zoned_to_date(value: str, source: Type, target: Type) -> str:
    return f"CAST({zones.local_of(value)} AS DATE)"


def _zoned_to_time(value: str, source: Type, target: Type) -> str:
    return f"CAST({rounded(zones.local_of(value), precision_of(target))} AS TIME)"


def _time_to_time_tz(value: str, source: Type, target: Type) -> str:
    made = rounded_time(micro(value, source), precision_of(target))
    return let(
        [made],
        lambda v: f"(CASE WHEN {v} IS NOT NULL THEN {{'us': epoch_us({v}), 'zone': 0}} END)",
    )


def _time_tz_to_time(value: str, source: Type, target: Type) -> str:
    return f"CAST(make_timestamp(struct_extract({value}, 'us')) AS TIME)"


def _zoned_to_time_tz(value: str, source: Type, target: Type) -> str:
    return let(
        [value],
        lambda v: (
            f"(CASE WHEN {v} IS NOT NULL THEN {{'us': epoch_us(CAST({zones.local_of(v)} AS TIME)), "
            f"'zone': CAST({zones.offset_minutes(v)} AS INTEGER)}} END)"
        ),
    )


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
    ("date", _TZ): _to_zoned,
    ("timestamp", _TZ): _to_zoned,
    (_TZ, _TZ): _zoned_to_zoned,
    (_TZ, "timestamp"): _zoned_to_timestamp,
    (_TZ, "date"): _zoned_to_date,
    (_TZ, "time"): _zoned_to_time,
    ("time", "time with time zone"): _time_to_time_tz,
    ("time with time zone", "time"): _time_tz_to_time,
    (_TZ, "time with time zone"): _zoned_to_time_tz,
}
