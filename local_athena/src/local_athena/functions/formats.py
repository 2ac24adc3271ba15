"""format() and format_number(): java.util.Formatter's language over Trino's values."""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from local_athena.functions.casts import cast_text
from local_athena.functions.java_numbers import java_double, java_float
from local_athena.functions.registry import ScalarWriter
from local_athena.functions.udf import call_python
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type
from local_athena.sql.types import VARCHAR

_SPECIFIER = re.compile(
    r"%(?:(?P<index>\d+)\$|(?P<previous><))?(?P<flags>[-#+ 0,(]*)(?P<width>\d+)?"
    r"(?:\.(?P<precision>\d+))?(?P<time>[tT])?(?P<conversion>[a-zA-Z%])",
)
_INTEGERS = frozenset({"tinyint", "smallint", "integer", "bigint"})
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (a clock without a zone)
_FLOATS = frozenset({"real", "double"})
_PLAIN = (
    _INTEGERS | _FLOATS | {"boolean", "varchar", "char", "date", "timestamp", "time", "decimal"}
)
_JAVA = {
    "boolean": "java.lang.Boolean",
    "tinyint": "java.lang.Long",
    "smallint": "java.lang.Long",
    "integer": "java.lang.Long",
    "bigint": "java.lang.Long",
    "real": "java.lang.Float",
    "double": "java.lang.Double",
    "decimal": "java.math.BigDecimal",
    "varchar": "java.lang.String",
    "char": "java.lang.String",
    "date": "java.time.LocalDate",
    "time": "java.time.LocalTime",
    "timestamp": "java.time.LocalDateTime",
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _hash_code(value: Any, base: str) -> int:
    """Java's hashCode of what Trino hands over."""
    if base == "boolean":
        return 1231 if value else 1237
    if base in _INTEGERS:
        return int(value ^ (value >> 32)) & 0xFFFFFFFF
    if base == "double":
        bits = int.from_bytes(struct.pack(">d", value), "big")
        return (bits ^ (bits >> 32)) & 0xFFFFFFFF
    if base not in ("varchar", "char"):
        raise SqlError("NOT_SUPPORTED", f"format %h of {base} is not supported")
    code = 0
    for (unit,) in struct.iter_unpack("<H", value.encode("utf-16-le")):
        code = (31 * code + unit) & 0xFFFFFFFF
    return code


def _hexadecimal(value: float) -> str:
    """Double.toHexString."""
    if not math.isfinite(value):
        return java_double(value)
    mantissa, exponent = value.hex().split("p")
    whole, _, digits = mantissa.partition(".")
    return f"{whole}.{digits.rstrip('0') or '0'}p{int(exponent)}"


class _Formatter:
    """One call: the format's text, and the arguments with their base types."""

    def __init__(self, text: str, bases: Sequence[str]) -> None:
        self.text = text
        self.bases = bases

    def bad(self, reason: str) -> SqlError:
        return SqlError(
            "INVALID_FUNCTION_ARGUMENT", f"Invalid format string: {self.text} ({reason})"
        )

    def format(self, values: Sequence[Any]) -> str:
        out: list[str] = []
        position = ordinary = 0
        previous: int | None = None
        while True:
            start = self.text.find("%", position)
            if start < 0:
                out.append(self.text[position:])
                return "".join(out)
            out.append(self.text[position:start])
            found = _SPECIFIER.match(self.text, start)
            if found is None:
                rest = self.text[start + 1 : start + 2] or "%"
                raise self.bad(f"UnknownFormatConversion: Conversion = '{rest}'")
            position = found.end()
            conversion = found["conversion"]
            if conversion in "%n" and not found["time"]:
                out.append(_padded("%" if conversion == "%" else "\n", found))
                continue
            if conversion not in "bBsShHcCdoxXeEfgGaA" and not found["time"]:
                raise self.bad(f"UnknownFormatConversion: Conversion = '{conversion}'")
            if found["index"]:
                index = int(found["index"]) - 1
            elif found["previous"]:
                if previous is None:
                    raise self.bad(f"MissingFormatArgument: Format specifier '{found[0]}'")
                index = previous
            else:
                index, ordinary = ordinary, ordinary + 1
            if not 0 <= index < len(values):
                raise self.bad(f"MissingFormatArgument: Format specifier '{found[0]}'")
            previous = index
            out.append(self.convert(found, values[index], self.bases[index]))

    def convert(self, found: re.Match[str], value: Any, base: str) -> str:
        conversion = found["conversion"]
        if found["time"]:
            text = "null" if value is None else self.time(conversion, value, base)
            return _padded(text.upper() if found["time"] == "T" else text, found)
        lower = conversion.lower()
        if lower == "b":
            text = str(value).lower() if isinstance(value, bool) else str(value is not None).lower()
            text = _cut(text, found)
        elif value is None:
            text = _cut("null", found)
        elif lower == "s":
            text = _cut(_text(value, base), found)
        elif lower == "h":
            text = format(_hash_code(value, base) & 0xFFFFFFFF, "x")
        elif lower == "a":
            if base not in _FLOATS:
                raise self.mismatch(conversion, base)
            text = _hexadecimal(value)
        elif lower == "d":
            if base not in _INTEGERS:
                raise self.mismatch(conversion, base)
            return _number(str(abs(value)), value < 0, found)
        elif lower in "xo":
            if base not in _INTEGERS:
                raise self.mismatch(conversion, base)
            prefix = {"x": "0x", "o": "0"}[lower] if "#" in found["flags"] else ""
            text = prefix + format(value & 0xFFFFFFFFFFFFFFFF, lower)
            if "0" in found["flags"]:
                text = text.rjust(int(found["width"] or 0), "0")
        elif lower in "efg":
            if base not in _FLOATS and base != "decimal":
                raise self.mismatch(conversion, base)
            text = _floating(lower, value, found)
        else:
            raise self.mismatch(conversion, base)
        return _padded(text.upper() if conversion.isupper() else text, found)

    def mismatch(self, conversion: str, base: str) -> SqlError:
        return self.bad(f"IllegalFormatConversion: {conversion} != {_JAVA.get(base, base)}")

    def time(self, conversion: str, value: Any, base: str) -> str:
        if base in _INTEGERS:  # (milliseconds since 1970)
            value, base = _EPOCH + dt.timedelta(milliseconds=value), "timestamp"
        if base not in {"date", "time", "timestamp"}:
            raise self.mismatch(conversion, base)
        has_date, has_time = base != "time", base != "date"
        if conversion in "YymBbhedAajDFC" and has_date:
            return _date_part(conversion, value)
        if conversion in "HIklMSLNpRTr" and has_time:
            return _time_part(conversion, value)
        if conversion == "c" and has_date and has_time:
            raise SqlError("NOT_SUPPORTED", "format(): %tc is not supported")
        raise self.bad(f"UnsupportedTemporal: Unsupported field for %t{conversion}")


def _date_part(conversion: str, day: dt.date) -> str:
    parts = {
        "Y": f"{day.year:04d}",
        "y": f"{day.year % 100:02d}",
        "C": f"{day.year // 100:02d}",
        "m": f"{day.month:02d}",
        "B": _MONTHS[day.month - 1],
        "b": _MONTHS[day.month - 1][:3],
        "h": _MONTHS[day.month - 1][:3],
        "d": f"{day.day:02d}",
        "e": str(day.day),
        "A": _DAYS[day.weekday()],
        "a": _DAYS[day.weekday()][:3],
        "j": f"{day.timetuple().tm_yday:03d}",
        "D": f"{day.month:02d}/{day.day:02d}/{day.year % 100:02d}",
        "F": f"{day.year:04d}-{day.month:02d}-{day.day:02d}",
    }
    return parts[conversion]


def _time_part(conversion: str, clock: dt.time | dt.datetime) -> str:
    half = clock.hour % 12 or 12
    noon = "am" if clock.hour < 12 else "pm"
    parts = {
        "H": f"{clock.hour:02d}",
        "k": str(clock.hour),
        "I": f"{half:02d}",
        "l": str(half),
        "M": f"{clock.minute:02d}",
        "S": f"{clock.second:02d}",
        "L": f"{clock.microsecond // 1000:03d}",
        "N": f"{clock.microsecond * 1000:09d}",
        "p": noon,
        "R": f"{clock.hour:02d}:{clock.minute:02d}",
        "T": f"{clock.hour:02d}:{clock.minute:02d}:{clock.second:02d}",
        "r": f"{half:02d}:{clock.minute:02d}:{clock.second:02d} {noon.upper()}",
    }
    return parts[conversion]


def _text(value: Any, base: str) -> str:
    """Java's String.valueOf of what Trino hands over."""

    if base == "boolean":
        return str(value).lower()
    if base == "double":
        return java_double(value)
    if base == "real":
        return java_float(value)
    if base == "timestamp":
        return _iso_time(value, f"{value:%Y-%m-%d}T")
    if base == "time":
        return _iso_time(value, "")
    return str(value)


def _iso_time(value: dt.time | dt.datetime, before: str) -> str:
    """java.time's shortest ISO form: seconds and fraction only where they are not zero."""
    text = f"{before}{value.hour:02d}:{value.minute:02d}"
    if value.second or value.microsecond:
        text += f":{value.second:02d}"
    if value.microsecond:
        fraction = f"{value.microsecond:06d}"
        text += "." + (fraction[:3] if fraction.endswith("000") else fraction)
    return text


def _floating(conversion: str, value: Any, found: re.Match[str]) -> str:
    number = float(value) if not isinstance(value, Decimal) else value
    if isinstance(number, float) and (number != number or number in (float("inf"), -float("inf"))):
        return "NaN" if number != number else ("Infinity" if number > 0 else "-Infinity")
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    digits = int(found["precision"]) if found["precision"] is not None else 6
    negative = exact.is_signed()
    if conversion == "f":
        step = Decimal(1).scaleb(-digits)
        rounded = abs(exact).quantize(step, ROUND_HALF_UP, Context(prec=400))
        return _number(format(rounded, "f"), negative, found)
    if conversion == "e":
        return _number(_scientific(abs(exact), digits), negative, found)
    significant = max(digits, 1)
    rounded = abs(exact) and Context(prec=significant, rounding=ROUND_HALF_UP).create_decimal(
        abs(exact)
    )
    if rounded == 0 or Decimal("0.0001") <= rounded < Decimal(10) ** significant:
        places = significant - 1 - (rounded.adjusted() if rounded else 0)
        step = Decimal(1).scaleb(-max(places, 0))
        fixed = Decimal(rounded).quantize(step, ROUND_HALF_UP, Context(prec=400))
        return _number(format(fixed, "f"), negative, found)
    return _number(_scientific(abs(exact), significant - 1), negative, found)


def _scientific(value: Decimal, digits: int) -> str:
    if value == 0:
        return "0" + ("." + "0" * digits if digits else "") + "e+00"
    rounded = Context(prec=digits + 1, rounding=ROUND_HALF_UP).create_decimal(value)
    exponent = rounded.adjusted()
    body = "".join(map(str, rounded.as_tuple().digits)).ljust(digits + 1, "0")
    mantissa = body[0] + ("." + body[1 : digits + 1] if digits else "")
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _number(digits: str, negative: bool, found: re.Match[str]) -> str:
    """A magnitude with sign, groups and zero padding as the flags say."""
    flags = found["flags"]
    if "," in flags:
        whole, point, rest = digits.partition(".")
        digits = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole) + point + rest
    before, after = ("-", "") if negative else ("", "")
    if negative and "(" in flags:
        before, after = "(", ")"
    elif not negative and "+" in flags:
        before = "+"
    elif not negative and " " in flags:
        before = " "
    if "0" in flags and found["width"]:
        digits = digits.rjust(int(found["width"]) - len(before) - len(after), "0")
    return _padded(before + digits + after, found)


def _cut(text: str, found: re.Match[str]) -> str:
    return text if found["precision"] is None else text[: int(found["precision"])]


def _padded(text: str, found: re.Match[str]) -> str:
    width = int(found["width"] or 0)
    return text.ljust(width) if "-" in found["flags"] else text.rjust(width)


def _format(call: Call, arguments: Sequence[str]) -> str:
    """Values of types that Java does not format come as their text."""
    types = [argument.type for argument in call.arguments]
    for index, type_ in enumerate(types):
        if type_.base == "timestamp with time zone":
            raise SqlError("NOT_SUPPORTED", f"Type not supported for formatting: {type_}")
        if type_.base not in _PLAIN and type_.base != "unknown":
            value = arguments[index]
            shown = value if type_.base == "json" else cast_text(value, type_, VARCHAR)
            arguments = [*arguments[:index], shown, *arguments[index + 1 :]]
            types[index] = VARCHAR
    bases = [type_.base for type_ in types[1:]]

    def run(text: str | None, *values: Any) -> str | None:
        return None if text is None else _Formatter(text, bases).format(values)

    name = "format_" + "_".join(bases)
    return call_python(
        name, run, arguments, [duckdb_type(type_) for type_ in types], "VARCHAR", sees_null=True
    )


_UNITS = ("", "K", "M", "B", "T", "Q")


def _count_text(value: float) -> str:
    """Trino's short form: three significant digits at most and a unit."""
    if isinstance(value, float) and not math.isfinite(value):
        value = 0 if math.isnan(value) else math.copysign(2.0**63, value)  # (as Java's long has it)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    index = 0
    while abs(number) >= 1000 and index < len(_UNITS) - 1:
        number /= 1000
        index += 1
    places = {True: "0.01"}.get(abs(number) < 10, "0.1" if abs(number) < 100 else "1")
    if index == 0:
        places = "1"
    rounding = ROUND_HALF_EVEN if index else ROUND_DOWN
    rounded = number.quantize(Decimal(places), rounding)
    text = format(rounded or abs(rounded), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text + _UNITS[index]


def _format_number(call: Call, arguments: Sequence[str]) -> str:
    type_text = duckdb_type(call.arguments[0].type)
    return call_python("format_number", _count_text, arguments, [type_text], "VARCHAR")


SCALARS: dict[str, ScalarWriter] = {"format": _format, "format_number": _format_number}
