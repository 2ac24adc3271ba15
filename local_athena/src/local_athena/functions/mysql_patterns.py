"""MySQL's pattern language (`%Y-%m-%d %H:%i:%s`), as Trino builds it of Joda-Time's elements."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from local_athena.functions import joda_fields as fields
from local_athena.functions.joda_elements import Element, Fraction, Literal, Number, TwoDigitYear
from local_athena.functions.joda_patterns import (
    HALF_NAME,
    checked_elements,
    day_name,
    invalid,
    month_name,
)

_REFUSED = frozenset("DUuVwX")
_PIVOT = 2020
_ELEMENTS: dict[str, Element] = {
    "a": day_name(short=True),
    "b": month_name(short=True),
    "c": Number(fields.MONTH, 1, 2),
    "d": Number(fields.DAY, 2, 2),
    "e": Number(fields.DAY, 1, 2),
    "f": Fraction(6, 9),
    "H": Number(fields.HOUR, 2, 2),
    "h": Number(fields.CLOCK_HALF_HOUR, 2, 2),
    "I": Number(fields.CLOCK_HALF_HOUR, 2, 2),
    "i": Number(fields.MINUTE, 2, 2),
    "j": Number(fields.DAY_OF_YEAR, 3, 3),
    "k": Number(fields.HOUR, 1, 2),
    "l": Number(fields.CLOCK_HALF_HOUR, 1, 2),
    "M": month_name(short=False),
    "m": Number(fields.MONTH, 2, 2),
    "p": HALF_NAME,
    "S": Number(fields.SECOND, 2, 2),
    "s": Number(fields.SECOND, 2, 2),
    "v": Number(fields.WEEK, 2, 2),
    "W": day_name(short=False),
    "x": Number(fields.WEEK_YEAR, 4, 4, signed=True),
    "y": TwoDigitYear(fields.YEAR, _PIVOT, lenient=False),
}
_SHORTHANDS = {"r": "%h:%i:%s %p", "T": "%H:%i:%s"}
_FOUR_DIGITS, _NINE_DIGITS = (Number(fields.YEAR, 4, most, signed=True) for most in (4, 9))


@lru_cache(maxsize=512)
def mysql_elements(pattern: str) -> tuple[Element, ...]:
    """The elements of a pattern.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT for what Trino does not support.
    """
    return checked_elements(list(_elements(pattern)))


def _elements(pattern: str) -> Iterator[Element]:
    index = 0
    while index < len(pattern):
        mark, index = pattern[index], index + 1
        if mark != "%":
            yield Literal(mark)
            continue
        if index == len(pattern):  # a percent sign at the end says nothing
            return
        mark, index = pattern[index], index + 1
        if mark in _REFUSED:
            raise invalid(f"%{mark} not supported in date format string")
        if mark in _SHORTHANDS:
            yield from _elements(_SHORTHANDS[mark])
        elif mark == "Y":
            # (years of more digits are read only where something else than a field ends them)
            yield _FOUR_DIGITS if pattern[index : index + 1] in ("", "%") else _NINE_DIGITS
        else:
            yield _ELEMENTS.get(mark, Literal(mark))
