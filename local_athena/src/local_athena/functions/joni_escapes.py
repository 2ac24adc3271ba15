"""Escapes that name one character or a property, in Joni's patterns."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from local_athena.sql.errors import SqlError

_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b", "v": "\x0b"}
_BRACED = re.compile(r"\{([0-9A-Fa-f]{1,8})\}")
_TOO_LONG = re.compile(r"\{[0-9A-Fa-f]{9}")
_BYTE = re.compile(r"x(?!\{)([0-9A-Fa-f]{0,2})|([0-7]{1,3})")
_UNIT = re.compile(r"u([0-9A-Fa-f]{0,4})")
_NAMES = Path(__file__).with_name("joni_properties.txt")
_EXPRESSED = {
    "all": r"\p{Any}",
    "l1": r"[\x00-\xff]",
    "ld": r"[\p{L}\p{Nd}]",
    "newline": r"\n",
    "javalowercase": r"\p{Lowercase}",
    "javauppercase": r"\p{Uppercase}",
    "javaalphabetic": r"\p{Alphabetic}",
    "javaideographic": r"\p{Ideographic}",
    "javatitlecase": r"\p{Lt}",
    "javadigit": r"\p{Nd}",
    "javadefined": r"\P{Cn}",
    "javaletter": r"\p{L}",
    "javaletterordigit": r"[\p{L}\p{Nd}]",
    "javaspacechar": r"\p{Z}",
    "javaisocontrol": r"\p{Cc}",
    "javamirrored": r"\p{Bidi_Mirrored}",
}
"""Properties under names that `regex` does not know."""


def refused(message: str) -> SqlError:
    """A pattern that is none."""
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


class Cursor:
    """A place in a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def peek(self) -> str:
        """The character here, "" at the end."""
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        """The character here, left behind."""
        found = self.peek()
        self.at += 1
        return found


def code_escape(cursor: Cursor) -> str | None:
    """The character of `x41`, `x{41}`, `u0041`, `101` behind a backslash, left behind.

    "" is what no text holds (half of a character, a code beyond Unicode); None is no such escape.
    """
    pattern, at = cursor.pattern, cursor.at
    if pattern.startswith("x{", at):
        if _TOO_LONG.match(pattern, at + 1):
            raise refused("too long wide-char value")
        braced = _BRACED.match(pattern, at + 1)
        if not braced:
            return None
        cursor.at = braced.end()
        return _character(int(braced[1], 16))
    unit = _UNIT.match(pattern, at)
    if unit:
        if at + 1 == len(pattern):
            return None
        cursor.at = unit.end()
        return _character(int(unit[1] or "0", 16))
    if pattern.startswith("x", at) and at + 1 == len(pattern):
        return None
    return _of_bytes(cursor) if _BYTE.match(pattern, at) else None


def _character(code: int) -> str:
    return "" if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF else chr(code)


def _of_bytes(cursor: Cursor) -> str:
    """A character whose UTF-8 bytes are escaped one by one: `\\xC3\\xA9`."""
    first = _byte(cursor)
    missing = 0 if first < 0xC0 else 1 if first < 0xE0 else 2 if first < 0xF0 else 3
    found = bytearray((first,))
    for _ in range(missing):
        following = _BYTE.match(cursor.pattern, cursor.at + 1)
        if cursor.peek() != "\\" or not following:
            raise refused("too short multibyte code string")
        cursor.at += 1
        found.append(_byte(cursor))
    try:
        return found.decode()
    except UnicodeDecodeError:
        return ""


def _byte(cursor: Cursor) -> int:
    hexadecimal, octal = _BYTE.findall(cursor.pattern[cursor.at : cursor.at + 3])[0]
    cursor.at += len(octal) or 1 + len(hexadecimal)
    return (int(octal, 8) if octal else int(hexadecimal or "0", 16)) & 0xFF


def control_character(cursor: Cursor, character: str) -> str:
    """What an escape of another letter stands for: a control character, or the letter."""
    if character != "c":
        return _CONTROLS.get(character, character)
    letter = cursor.take()
    if not letter:
        raise refused("end pattern at control")
    if letter == "?":
        return "\x7f"
    if letter == "\\":
        letter = cursor.take()
        if not letter:
            raise refused("end pattern at escape")
        letter = control_character(cursor, letter)
    return chr(ord(letter) & 0x9F)


@cache
def _property_names() -> frozenset[str]:
    return frozenset(_NAMES.read_text(encoding="utf-8").split())


def property_class(cursor: Cursor, negated: bool) -> str:
    """The class of `L}` behind `\\p{`, left behind."""
    start = cursor.at
    while cursor.peek() not in ("", *"}(){|"):
        cursor.at += 1
    name = cursor.pattern[start : cursor.at]
    if not cursor.peek():
        raise refused("internal parser error (bug)")
    if cursor.take() != "}":
        raise refused(f"invalid character property name <{name}>")
    return named_class(name, negated)


def named_class(name: str, negated: bool) -> str:
    """The class of a property.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT for a name that Joni does not know, NOT_SUPPORTED.
    """
    key = name.lower()
    if key not in _property_names():
        raise refused(f"invalid character property name <{name}>")
    if key.startswith(("age=", "java", "perl")) and key not in _EXPRESSED:
        raise SqlError("NOT_SUPPORTED", f"The character property {name} is not supported")
    text = _EXPRESSED.get(key, f"\\p{{{key}}}")
    return f"[^{text}]" if negated else text
