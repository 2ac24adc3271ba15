"""Dates as text and back: date_format and date_parse by MySQL's patterns, format_datetime and
parse_datetime by Joda-Time's.

Constant patterns that DuckDB's strftime can say run there for the years 1 to 9999, and texts in the
form of a plain one are read by its strptime (`date_shapes`); the rest is done in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions import date_shapes, zones
from local_athena.functions import joda_fields as fields
from local_athena.functions.cast_time import rounded
from local_athena.functions.dates import local_moment
from local_athena.functions.joda_elements import (
    Element,
    Fraction,
    Literal,
    Name,
    Number,
    Shown,
    TwoDigitYear,
)
from local_athena.functions.joda_patterns import (
    checked_instant,
    invalid,
    joda_elements,
    read_moment,
    shown_text,
    tokens,
)
from local_athena.functions.mysql_patterns import mysql_elements
from local_athena.functions.text import constant_text, fail, is_quiet, let, text
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.instants import offset_at
from local_athena.sql.representation import precision_of, quote_text
from local_athena.sql.types import Type

_NATIVE_NUMBERS: dict[tuple[str, int], str] = {
    ("year", 4): "%Y",
    ("yearOfEra", 4): "%Y",
    ("weekyear", 4): "%G",
    ("monthOfYear", 1): "%-m",
    ("monthOfYear", 2): "%m",
    ("weekOfWeekyear", 2): "%V",
    ("dayOfYear", 1): "%-j",
    ("dayOfYear", 3): "%j",
    ("dayOfMonth", 1): "%-d",
    ("dayOfMonth", 2): "%d",
    ("hourOfDay", 1): "%-H",
    ("hourOfDay", 2): "%H",
    ("clockhourOfHalfday", 1): "%-I",
    ("clockhourOfHalfday", 2): "%I",
    ("minuteOfHour", 1): "%-M",
    ("minuteOfHour", 2): "%M",
    ("secondOfMinute", 1): "%-S",
    ("secondOfMinute", 2): "%S",
}
"""strftime's word for a field with at least so many digits."""
_NATIVE_NAMES: dict[tuple[str, bool], str] = {
    ("monthOfYear", True): "%b",
    ("monthOfYear", False): "%B",
    ("dayOfWeek", True): "%a",
    ("dayOfWeek", False): "%A",
    ("halfdayOfDay", False): "%p",
}
_NATIVE_FRACTIONS = {Fraction(3, 3): "%g", Fraction(6, 9): "%g000"}


def _native(element: Element) -> str | None:
    """strftime's word for an element; None if it has none."""
    if isinstance(element, Literal):
        return element.text.replace("%", "%%")
    if isinstance(element, Number):
        return _NATIVE_NUMBERS.get((element.field.name, element.least))
    if isinstance(element, Name):
        return _NATIVE_NAMES.get((element.field.name, element.short))
    if isinstance(element, TwoDigitYear):
        return "%y" if element.field is fields.YEAR else None
    return _NATIVE_FRACTIONS.get(element) if isinstance(element, Fraction) else None


# ---------------------------------------------------------------- formatting


def _date_format(call: Call, arguments: Sequence[str]) -> str:
    return _formatted(call, arguments, "date_format", mysql_elements)


def _format_datetime(call: Call, arguments: Sequence[str]) -> str:
    zoned = call.arguments[0].type.base == "timestamp with time zone"
    if zoned:
        return _formatted(call, arguments, "format_datetime", joda_elements)
    return _formatted(call, arguments, "format_unzoned", _unzoned_elements)


def _unzoned_elements(pattern: str) -> tuple[Element, ...]:
    if any(token[0] in "zZ" for token in tokens(pattern)):
        raise invalid(
            "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type"
            " does not have TZ information"
        )
    return joda_elements(pattern)


def _formatted(
    call: Call,
    arguments: Sequence[str],
    name: str,
    elements_of: Callable[[str], tuple[Element, ...]],
) -> str:
    type_ = call.arguments[0].type
    zoned = type_.base == "timestamp with time zone"
    words: list[str] | None = None
    pattern = constant_text(call.arguments[1])
    if pattern is not None:
        try:
            elements = elements_of(pattern)
        except SqlError as error:
            return fail(error.name, text(error.message), "VARCHAR")
        known = [_native(element) for element in elements]
        words = [word for word in known if word is not None]
        if len(words) < len(known):
            words = None

    def show(moment_us: int, zone: str, pattern: str) -> str:
        offset = offset_at(zone, moment_us // 10**6)
        shown = Shown(moment_us // 1000 + offset * 1000, zone, offset)
        return shown_text(elements_of(pattern), shown)

    def body(value: str) -> str:
        instant = zones.instant(value) if zoned else local_moment(value, type_)
        in_python = call_python(
            name,
            show,
            [
                f"epoch_us(CAST({_to_millis(instant, type_)} AS TIMESTAMP))",
                zones.zone(value) if zoned else "'UTC'",
                arguments[1],
            ],
            ["BIGINT", "VARCHAR", "VARCHAR"],
            "VARCHAR",
        )
        if words is None:
            return in_python
        clock = _to_millis(local_moment(value, type_), type_)
        return let(
            [clock],
            lambda c: (
                f"(CASE WHEN {c} >= TIMESTAMP '0001-01-01' AND {c} < TIMESTAMP '10000-01-01' "
                f"THEN strftime({c}, {quote_text(''.join(words))}) ELSE {in_python} END)"
            ),
        )

    return let([arguments[0]], body)


def _to_millis(moment: str, type_: Type) -> str:
    """Rounded to three digits of a second, as both languages have no more."""
    fine = type_.base.startswith("timestamp") and precision_of(type_) > 3
    return rounded(moment, 3) if fine else moment


# ---------------------------------------------------------------- parsing


def parse_mysql(value: str, pattern: str) -> int:
    """Microseconds of a text in MySQL's format.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT.
    """
    return read_moment(mysql_elements(pattern), value)[0] * 1000


def _date_parse(call: Call, arguments: Sequence[str]) -> str:
    pattern = constant_text(call.arguments[1])
    elements = () if pattern is None else mysql_elements(pattern)

    def body(value: str) -> str:
        given = [value, arguments[1]]
        types = ["VARCHAR", "VARCHAR"]
        made = f"make_timestamp({call_python('date_parse', parse_mysql, given, types, 'BIGINT')})"
        possible = date_shapes.shape(elements) if is_quiet() else None
        if possible:
            made = f"CASE WHEN regexp_full_match({value}, {quote_text(possible)}) THEN {made} END"
        native = date_shapes.native_format(elements)
        if native is None:
            return made
        usual = f"regexp_full_match({value}, {quote_text(native[0])})"
        read = f"date_trunc('millisecond', try_strptime({value}, {quote_text(native[1])}))"
        return f"COALESCE(CASE WHEN {usual} THEN {read} END, {made})"

    return let([arguments[0]], body)


def parse_joda(value: str, pattern: str) -> dict[str, Any]:
    """(UTC microseconds, zone) of a text in Joda's format; without a zone it is UTC.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT, NOT_SUPPORTED for a zone.
    """
    instant, zone = read_moment(joda_elements(pattern), value)
    return {"i": checked_instant(instant) * 1000, "z": zone}


def _parse_datetime(call: Call, arguments: Sequence[str]) -> str:
    parsed = call_python(
        "parse_datetime",
        parse_joda,
        arguments,
        ["VARCHAR", "VARCHAR"],
        "STRUCT(i BIGINT, z VARCHAR)",
    )
    return let(
        [parsed],
        lambda p: zones.packed(
            f"make_timestamp(struct_extract({p}, 'i'))", f"struct_extract({p}, 'z')", call.type
        ),
    )


Writer = Callable[[Call, Sequence[str]], str]
SCALARS: dict[str, Writer] = {
    "date_format": _date_format,
    "date_parse": _date_parse,
    "format_datetime": _format_datetime,
    "parse_datetime": _parse_datetime,
}
