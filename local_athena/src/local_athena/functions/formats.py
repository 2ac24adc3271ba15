"""format() and format_number(): java.util.Formatter's language over Trino's values."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from local_athena.functions import times_zoned, zones
from local_athena.functions.cast_time import micro
from local_athena.functions.casts import cast_text
from local_athena.functions.java_numbers import java_double, java_float
from local_athena.functions.java_times import MARKS, JavaTime, java_hash, java_time, long_hash
from local_athena.functions.registry import ScalarWriter
from local_athena.functions.text import constant_text, let
from local_athena.functions.udf import call_python, check_text
from local_athena.sql.bound import Call
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, precision_of, quote_text
from local_athena.sql.types import VARCHAR, Type

_SPECIFIER = re.compile(
    r"%(?:(?P<index>\d+)\$|(?P<previous><))?(?P<flags>[-#+ 0,(]*)(?P<width>\d+)?"
    r"(?:\.(?P<precision>\d+))?(?P<time>[tT])?(?P<conversion>[a-zA-Z%])",
)
_INTEGERS = frozenset({"tinyint", "smallint", "integer", "bigint"})
_FLOATS = frozenset({"real", "double"})
_TIMES = frozenset({"date", "time", "timestamp", "timestamp with time zone"})
_PLAIN = _INTEGERS | _FLOATS | _TIMES | {"boolean", "varchar", "char", "decimal"}
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
}
_BAD_FLAGS = {
    **dict.fromkeys("bBhH", "#+ 0,("),
    **dict.fromkeys("sS", "+ 0,("),
    **dict.fromkeys("cC", "#+ 0,("),
    "d": "#",
    **dict.fromkeys("oxX", ","),
    **dict.fromkeys("eE", ","),
    **dict.fromkeys("gG", "#"),
    **dict.fromkeys("aA", "(,"),
}
"""Flags that a conversion does not take, in the order in which Java looks."""
_BAD_TIME_FLAGS = "#+ 0,("
_NUMERIC = frozenset("doxXeEfgGaA")
_WITHOUT_PRECISION = frozenset("cCdoxX%n")
_MOST_INTEGER = 2**31 - 1


def _hash_code(value: Any, base: str) -> int:
    """Java's hashCode of what Trino hands over."""
    if base == "boolean":
        return 1231 if value else 1237
    if base in _INTEGERS:
        return long_hash(value)
    if base == "double":
        return long_hash(int.from_bytes(struct.pack(">d", value), "big"))
    if base == "real":
        return int.from_bytes(struct.pack(">f", value), "big")
    if base == "decimal":
        return _decimal_hash(value)
    return java_hash(value) if isinstance(value, str) else java_time(value, base).hash()


def _decimal_hash(value: Decimal) -> int:
    """BigDecimal.hashCode."""
    sign, digits, exponent = value.as_tuple()
    magnitude = int("".join(map(str, digits)))
    code = 0
    for shift in range(max(magnitude.bit_length() - 1, 0) // 32 * 32, -1, -32):
        code = 31 * code + (magnitude >> shift & 0xFFFFFFFF)
    return (31 * (-code if sign else code) - int(exponent)) & 0xFFFFFFFF


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
        """Java reads the whole text before it looks at the values."""
        out: list[str] = []
        ordinary = 0
        previous: int | None = None
        for part in self.parts():
            if isinstance(part, str):
                out.append(part)
                continue
            if part["conversion"] in "%n" and not part["time"]:
                out.append(_padded("%" if part["conversion"] == "%" else "\n", part))
                continue
            if part["index"]:
                index = int(part["index"]) - 1
            elif part["previous"]:
                if previous is None:
                    raise self.bad(f"MissingFormatArgument: Format specifier '{part[0]}'")
                index = previous
            else:
                index, ordinary = ordinary, ordinary + 1
            if not 0 <= index < len(values):
                raise self.bad(f"MissingFormatArgument: Format specifier '{part[0]}'")
            previous = index
            out.append(self.convert(part, values[index], self.bases[index]))
        return "".join(out)

    def parts(self) -> list[str | re.Match[str]]:
        """Texts and specifiers, each of which Java takes."""
        parts: list[str | re.Match[str]] = []
        position = 0
        while (start := self.text.find("%", position)) >= 0:
            parts.append(self.text[position:start])
            found = _SPECIFIER.match(self.text, start)
            if found is None:
                rest = self.text[start + 1 : start + 2] or "%"
                raise self.bad(f"UnknownFormatConversion: Conversion = '{rest}'")
            self.check(found)
            parts.append(found)
            position = found.end()
        return [*parts, self.text[position:]]

    def check(self, found: re.Match[str]) -> None:
        """Refuse what Java refuses of a specifier, whatever its value is."""
        conversion, flags = found["conversion"], found["flags"]
        for flag in flags:
            if flags.count(flag) > 1:
                raise self.bad(f"DuplicateFormatFlags: Flags = '{flag}'")
        for name, kind in (
            ("width", "IllegalFormatWidth"),
            ("precision", "IllegalFormatPrecision"),
        ):
            given = (found[name] or "0").lstrip("0")
            if len(given) > len(str(_MOST_INTEGER)) or int(given or 0) > _MOST_INTEGER:
                raise self.bad(f"{kind}: -2147483648")
        if not found["time"] and conversion not in _BAD_FLAGS and conversion not in "f%n":
            raise self.bad(f"UnknownFormatConversion: Conversion = '{conversion}'")
        if found["precision"] is not None and (found["time"] or conversion in _WITHOUT_PRECISION):
            raise self.bad(f"IllegalFormatPrecision: {found['precision']}")
        if found["time"] and conversion not in MARKS:
            raise self.bad(f"UnknownFormatConversion: Conversion = 't{conversion}'")
        if conversion in "%n" and not found["time"]:
            self.check_text(found)
            return
        numeric = conversion in _NUMERIC and not found["time"]
        if not found["width"] and ("-" in flags or (numeric and "0" in flags)):
            raise self.bad(f"MissingFormatWidth: {found[0]}")
        if numeric and ({"+", " "} <= set(flags) or {"-", "0"} <= set(flags)):
            raise self.bad(f"IllegalFormatFlags: Flags = '{flags}'")
        self.refuse(_BAD_TIME_FLAGS if found["time"] else _BAD_FLAGS.get(conversion, ""), found)

    def check_text(self, found: re.Match[str]) -> None:
        """`%%` and `%n`."""
        flags, line = found["flags"], found["conversion"] == "n"
        if line and found["width"]:
            raise self.bad(f"IllegalFormatWidth: {found['width']}")
        if flags and (line or flags != "-"):
            raise self.bad(f"IllegalFormatFlags: Flags = '{flags}'")
        if flags and not found["width"]:
            raise self.bad(f"MissingFormatWidth: {found[0]}")

    def refuse(self, bad: str, found: re.Match[str]) -> None:
        """Flags that do not go with a conversion."""
        for flag in bad:
            if flag in found["flags"]:
                reason = f"Conversion = {found['conversion']}, Flags = {flag}"
                raise self.bad(f"FormatFlagsConversionMismatch: {reason}")

    def convert(self, found: re.Match[str], value: Any, base: str) -> str:
        conversion = found["conversion"]
        if found["time"]:
            text = "null" if value is None else self.time(conversion, value, base)
            return _padded(text.upper() if found["time"] == "T" else text, found)
        lower = conversion.lower()
        if lower == "s":
            self.refuse("#", found)
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
            self.refuse("( +", found)
            prefix = {"x": "0x", "o": "0"}[lower] if "#" in found["flags"] else ""
            text = prefix + format(value & 0xFFFFFFFFFFFFFFFF, lower)
            if "0" in found["flags"]:
                text = text.rjust(int(found["width"] or 0), "0")
        elif lower in "efg":
            if base not in _FLOATS and base != "decimal":
                raise self.mismatch(conversion, base)
            text = _floating(lower, value, found)
        elif base in _TIMES:
            raise self.wrong_time(conversion, java_time(value, base))
        else:
            raise self.mismatch(conversion, base)
        return _padded(text.upper() if conversion.isupper() else text, found)

    def mismatch(self, conversion: str, base: str) -> SqlError:
        """The value's type does not go with the conversion."""
        return self.bad(f"IllegalFormatConversion: {conversion} != {_JAVA.get(base, base)}")

    def wrong_time(self, conversion: str, value: JavaTime) -> SqlError:
        return self.bad(f"IllegalFormatConversion: {conversion} != {value.java_class}")

    def time(self, conversion: str, value: Any, base: str) -> str:
        if base in _INTEGERS:  # (milliseconds since 1970)
            value, base = {"us": value * 1000, "ps": 0, "zone": "UTC"}, "timestamp with time zone"
        if base not in _TIMES:
            raise self.mismatch(conversion, base)
        moment = java_time(value, base)
        text = moment.part(conversion)
        if text is None:
            raise self.wrong_time(conversion, moment)
        return text


def _text(value: Any, base: str) -> str:
    """Java's String.valueOf of what Trino hands over."""

    if base == "boolean":
        return str(value).lower()
    if base == "double":
        return java_double(value)
    if base == "real":
        return java_float(value)
    return java_time(value, base).text() if base in _TIMES else str(value)


def _floating(conversion: str, value: Any, found: re.Match[str]) -> str:
    number = float(value) if not isinstance(value, Decimal) else value
    if isinstance(number, float) and (number != number or number in (float("inf"), -float("inf"))):
        return "NaN" if number != number else ("Infinity" if number > 0 else "-Infinity")
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    digits = int(found["precision"]) if found["precision"] is not None else 6
    negative = exact.is_signed()
    if conversion == "f":
        check_text(digits)
        step = Decimal(1).scaleb(-digits)
        rounded = abs(exact).quantize(step, ROUND_HALF_UP, _context(exact, digits))
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
        fixed = Decimal(rounded).quantize(step, ROUND_HALF_UP, _context(rounded, places))
        return _number(format(fixed, "f"), negative, found)
    return _number(_scientific(abs(exact), significant - 1), negative, found)


def _context(value: Decimal, places: int) -> Context:
    """What holds all digits of a value with so many places."""
    return Context(prec=abs(value.adjusted()) + abs(places) + 2)


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
    """Cut to so many UTF-16 units, as Java counts."""
    if found["precision"] is None:
        return text
    units = text.encode("utf-16-le")[: 2 * int(found["precision"])]
    return units.decode("utf-16-le", "replace").replace("\ufffd", "?")


def _padded(text: str, found: re.Match[str]) -> str:
    """Blanks to so many UTF-16 units."""
    beyond = sum(character > "\uffff" for character in text)
    width = int(found["width"] or 0) - beyond
    return text.ljust(width) if "-" in found["flags"] else text.rjust(width)


def _format(call: Call, arguments: Sequence[str]) -> str:
    """Values of types that Java does not format come as their text."""
    types = [argument.type for argument in call.arguments]
    joined = _joined(call, arguments)
    if joined is not None:
        return joined
    for index, type_ in enumerate(types):
        if type_.base in _TIMES:
            arguments = [
                *arguments[:index],
                _handed(arguments[index], type_),
                *arguments[index + 1 :],
            ]
        elif type_.base not in _PLAIN and type_.base != "unknown":
            value = arguments[index]
            shown = value if type_.base == "json" else cast_text(value, type_, VARCHAR)
            arguments = [*arguments[:index], shown, *arguments[index + 1 :]]
            types[index] = VARCHAR
    bases = [type_.base for type_ in types[1:]]

    def run(text: str | None, *values: Any) -> str | None:
        return None if text is None else _Formatter(text, bases).format(values)

    name = "format_" + "_".join(bases).replace(" ", "_")
    kinds = [_HANDED.get(type_.base) or duckdb_type(type_) for type_ in types]
    return call_python(name, run, arguments, kinds, "VARCHAR", sees_null=True)


def _joined(call: Call, arguments: Sequence[str]) -> str | None:
    """Whole numbers put between texts by `%d`, which DuckDB does itself; None for what else."""
    pattern = constant_text(call.arguments[0])
    if pattern is None or any(a.type.base not in _INTEGERS for a in call.arguments[1:]):
        return None
    first, *others = (quote_text(piece) for piece in pattern.split("%d"))
    if "%" in pattern.replace("%d", "") or len(others) != len(arguments) - 1:
        return None
    numbers = (f"COALESCE(CAST({argument} AS VARCHAR), 'null')" for argument in arguments[1:])
    parts = [part for pair in zip(numbers, others, strict=True) for part in pair]
    return f"({' || '.join([first, *parts])})"


_HANDED = {
    "date": "BIGINT",
    "time": "BIGINT",
    "timestamp": "STRUCT(us BIGINT, ps INTEGER)",
    "timestamp with time zone": "STRUCT(us BIGINT, ps INTEGER, zone VARCHAR)",
}
"""What `java_time` takes, in any year."""


def _handed(value: str, type_: Type) -> str:
    if type_.base == "date":
        return f"CAST({value} - DATE '1970-01-01' AS BIGINT)"
    if type_.base == "time":
        return times_zoned.clock_of_time(value, type_)

    def body(v: str) -> str:
        zoned = type_.base == "timestamp with time zone"
        moment = zones.instant(v) if zoned else micro(v, type_)
        ps = f"struct_extract({v}, 'ps')" if precision_of(type_) > 6 else "CAST(0 AS INTEGER)"
        zone = f", 'zone': {zones.zone(v)}" if zoned else ""
        made = f"{{'us': epoch_us({moment}), 'ps': {ps}{zone}}}"
        return f"(CASE WHEN {moment} IS NOT NULL THEN {made} END)"

    return let([value], body)


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
