"""Texts of dates that DuckDB may read in place of a pattern's elements, and those that none can.

A column of dates has one form, nearly always of plain numbers (`%Y-%m-%d %H:%i:%s`): reading these
natively is some hundred times faster than element by element.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from local_athena.functions import joda_fields as fields
from local_athena.functions.joda_elements import (
    Element,
    Fraction,
    Literal,
    Number,
    TwoDigitYear,
)

_PLAIN = {
    fields.YEAR.name: ("[1-9][0-9]{3}", "%Y"),
    fields.MONTH.name: ("[0-9]{2}", "%m"),
    fields.DAY.name: ("[0-9]{2}", "%d"),
    fields.HOUR.name: ("(?:[01][0-9]|2[0-3])", "%H"),
    fields.MINUTE.name: ("[0-5][0-9]", "%M"),
    fields.SECOND.name: ("[0-5][0-9]", "%S"),
}
_DATE = {fields.YEAR.name, fields.MONTH.name, fields.DAY.name}
_FRACTION = ("[0-9]{1,6}", "%f")


def native_format(elements: Sequence[Element]) -> tuple[str, str] | None:
    """(regular expression, strptime's format) of texts that both read alike; None without such.

    strptime gives microseconds, and NULL for a day that the month does not have.
    """
    shapes, formats = [], []
    seen: set[str] = set()
    for element, following in zip(elements, [*elements[1:], None], strict=False):
        if isinstance(element, Fraction) and isinstance(following, Number):
            return None
        if isinstance(element, Literal) and _plain(element.text):
            shapes.append(re.escape(element.text))
            formats.append(element.text.replace("%", "%%"))
            continue
        name = _name(element)
        known = _FRACTION if isinstance(element, Fraction) else _PLAIN.get(name)
        if known is None or name in seen:
            return None
        seen.add(name)
        shapes.append(known[0])
        formats.append(known[1])
    return ("".join(shapes), "".join(formats)) if seen >= _DATE else None


def shape(elements: Sequence[Element]) -> str | None:
    """A regular expression that every text in the pattern's form matches, and others may."""
    parts = [_shape(element) for element in elements]
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None


def _plain(literal: str) -> bool:
    """Whether it can be no part of a number before it."""
    return literal.isascii() and not any(character.isdigit() for character in literal)


def _name(element: Element) -> str:
    return element.field.name if isinstance(element, Number) else type(element).__name__


def _shape(element: Element) -> str | None:
    if isinstance(element, Literal):
        return f"(?i:{re.escape(element.text)})" if element.text.isascii() else None
    if isinstance(element, Number):
        sign = "[+-]?" if element.signed else ""
        return f"{sign}[0-9]{{1,{max(element.least, element.most)}}}"
    if isinstance(element, Fraction):
        return f"[0-9]{{1,{element.most}}}"
    if isinstance(element, TwoDigitYear):
        return "[+-]?[0-9]+"
    return None
