"""Floating-point numbers as Java and Trino write them."""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal

_LEAST_NORMAL = 2.0**-126
_ONE_DIGIT = re.compile(r"-?[0-9](e[-+][0-9]+)")
"""Java writes two digits at least, and of those the nearest: 4.9E-324."""
DOUBLE_FORM = r"\s*[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[fFdD]?)\s*"
HEXADECIMAL_FORM = (
    r"\s*[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]{1,9}[fFdD]?\s*"
)
"""A floating-point number in Java's hexadecimal notation: `0x1.8p3` is 12."""
DECIMAL_FORM = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
INTEGER_FORM = r"\s*[+-]?[0-9]+\s*"
"""Texts that a cast to a number takes, as regular expressions of DuckDB's and of Python's."""
_LONGEST_INTEGER = 1_000


def java_double(value: float, digits: str | None = None) -> str:
    """Double.toString: 1.0, 1.0E10, 1.0E-5, NaN, Infinity. `digits` are the shortest ones."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = digits if digits is not None else _two_digits(value, repr(value))
    if 1e-3 <= abs(value) < 1e7 or value == 0:
        if "e" not in text:
            return text if "." in text else text + ".0"
        fixed = f"{value:.17f}" if digits is None else format_plain(text)
        return fixed.rstrip("0") + ("0" if fixed.rstrip("0").endswith(".") else "")
    return _with_exponent(text)


def java_float(value: float) -> str:
    """Float.toString."""
    return java_double(value, shortest_real(value))


def format_plain(text: str) -> str:
    """Digits with an exponent written out: `1e+06` is 1000000.0."""
    plain = format(Decimal(text), "f")
    return plain if "." in plain else plain + ".0"


def double_text(value: float) -> str:
    """Trino's CAST(double AS varchar): 1.0E0, -1.25E-7, 0E0, NaN, Infinity."""
    digits = repr(value)
    return _scientific(value, _two_digits(value, digits))


def real_text(value: float) -> str:
    """The same of a real: seven digits of its value at most."""
    if 0 < abs(value) < _LEAST_NORMAL:
        return _scientific(value, _two_digits(value, shortest_real(value)))
    return _scientific(value, f"{value:.6e}")


def _two_digits(value: float, digits: str) -> str:
    return f"{value:.1e}" if _ONE_DIGIT.fullmatch(digits) else digits


def shortest_real(value: float) -> str:
    """The shortest digits that read back as the same 32-bit number."""
    if math.isnan(value) or math.isinf(value):
        return repr(value)
    for figures in range(1, 10):
        digits = f"{value:.{figures}g}"
        try:
            if struct.unpack("<f", struct.pack("<f", float(digits)))[0] == value:
                return digits
        except OverflowError:
            continue
    return repr(value)


def _scientific(value: float, digits: str) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0E0" if math.copysign(1, value) < 0 else "0E0"
    return _with_exponent(digits)


def _with_exponent(digits: str) -> str:
    """Digits as one figure, a point, the others and their power of ten: 1.0E10, -1.25E-7."""
    sign = "-" if digits.startswith("-") else ""
    mantissa, _, exponent = digits.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) + len(whole) - 1
    figures = whole + fraction
    stripped = figures.lstrip("0")
    power -= len(figures) - len(stripped)
    stripped = stripped.rstrip("0") or "0"
    return f"{sign}{stripped[0]}.{stripped[1:] or '0'}E{power}"


def read_integer(text: str) -> int:
    """A text that a cast to bigint takes. Raises ValueError for another."""
    if not re.fullmatch(INTEGER_FORM, text, re.ASCII) or len(text) > _LONGEST_INTEGER:
        raise ValueError(text)
    return int(text)


def read_double(text: str) -> float:
    """A text that Java's Double.parseDouble takes, in digits. Raises ValueError for another."""
    if re.fullmatch(HEXADECIMAL_FORM, text, re.ASCII):
        return read_hexadecimal(text)
    if not re.fullmatch(DOUBLE_FORM, text, re.ASCII):
        raise ValueError(text)
    return float(text.strip().rstrip("fFdD"))


def read_hexadecimal(text: str) -> float:
    """A text of HEXADECIMAL_FORM; what is too large is infinite."""
    try:
        return float.fromhex(text.strip().rstrip("fFdD"))
    except OverflowError:
        return -math.inf if text.strip().startswith("-") else math.inf


def read_decimal(text: str) -> Decimal:
    """A text that a cast to decimal takes. Raises ValueError for another."""
    if not re.fullmatch(DECIMAL_FORM, text, re.ASCII):
        raise ValueError(text)
    return Decimal(text)
