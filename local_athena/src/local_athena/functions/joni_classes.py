"""Bracketed classes of Joni's patterns, `[a-z&&[^x]]`, in the syntax of `regex`."""

from __future__ import annotations

import re

from local_athena.functions.joni_escapes import (
    Cursor,
    code_escape,
    control_character,
    property_class,
    refused,
)

_TYPES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r"\t-\r\x20"}
_POSIX = (
    *("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct"),
    *("space", "upper", "xdigit", "ascii", "word"),
)
_EVERY = r"\x00-\U0010ffff"
_MOST_LOOKED_AT = 20
_BEFORE, _VALUE, _RANGE, _COMPLETE = range(4)


class CharacterClass:
    """Reads a class whose `[` is behind the cursor.

    A value waits until it is known whether `-` follows it. As in Joni, what waits when a nested
    class ends the class behind `-` is lost, `-` behind a type begins at the value before it, and
    `-` behind a range is no value (what follows it is one, were it an escape's letter).
    """

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.items: list[str] = []
        self.state = _BEFORE
        self.waiting = "\0"
        self.waits = False

    def text(self) -> str:
        """The class for `regex`; the cursor is left behind its `]`."""
        negated = self.cursor.peek() == "^"
        if negated:
            self.cursor.at += 1
        if self.cursor.peek() == "]":
            self._leading_bracket()
        parts: list[list[str]] = []
        while True:
            character = self.cursor.take()
            if not character:
                raise refused("premature end of char-class")
            if character == "]":
                break
            if character == "&" and self.cursor.peek() == "&":
                self.cursor.at += 1
                self._end_part()
                parts.append(self.items)
                self.items = []
            elif character == "-":
                self._dash()
            else:
                self._element(character)
        self._end_part()
        parts.append(self.items)
        return _class_text(parts, negated)

    def _leading_bracket(self) -> None:
        if not re.compile(r"[^\\]*?(?:\\.[^\\]*?)*?\]", re.DOTALL).match(
            self.cursor.pattern, self.cursor.at + 1
        ):
            raise refused("empty char-class")
        self.cursor.at += 1
        self._value("]")

    def _element(self, character: str) -> None:
        if character == "\\":
            self._escape()
        elif character == "[":
            self._bracket()
        else:
            self._value(character)

    def _escape(self) -> None:
        cursor = self.cursor
        character = cursor.take()
        if not character:
            raise refused("end pattern at escape")
        if character.lower() in _TYPES:
            inside = _TYPES[character.lower()]
            self._subclass(f"[^{inside}]" if character.isupper() else inside)
        elif character in "pP" and cursor.peek() == "{":
            cursor.at += 1
            self._subclass(property_class(cursor, character == "P"))
        elif character in "xu01234567":
            cursor.at -= 1
            code = code_escape(cursor)
            self._value(cursor.take() if code is None else code)
        elif character == "b":
            self._value("\b")
        else:
            self._value(control_character(cursor, character))

    def _bracket(self) -> None:
        cursor = self.cursor
        if cursor.peek() == ":" and re.compile(r":[^\]]*?:\]").match(cursor.pattern, cursor.at):
            name = self._posix()
            if name is None:
                self._value("[")
            else:
                self._subclass(name)
            return
        self.items.append(CharacterClass(cursor).text())

    def _posix(self) -> str | None:
        """The class of `:alpha:]`; None for what is no such name, and then nothing is read."""
        cursor = self.cursor
        found = re.compile(rf":(\^?)({'|'.join(_POSIX)})").match(cursor.pattern, cursor.at)
        if found:
            if not cursor.pattern.startswith(":]", found.end()):
                raise refused("invalid POSIX bracket type")
            cursor.at = found.end() + 2
            return rf"\P{{{found[2]}}}" if found[1] else rf"\p{{{found[2]}}}"
        end = re.compile(r"[:\]]").search(cursor.pattern, cursor.at + 1)
        near = end is not None and end.start() - cursor.at <= _MOST_LOOKED_AT
        if end and near and cursor.pattern.startswith(":]", end.start()):
            raise refused("invalid POSIX bracket type")
        return None

    # ------------------------------------------------------------ values and ranges

    def _dash(self) -> None:
        ends = self.cursor.peek() == "]" or self.cursor.pattern.startswith("&&", self.cursor.at)
        if self.state == _VALUE and not ends:
            self.state = _RANGE
        elif self.state == _COMPLETE and not ends:
            self._value(self.cursor.pattern[self.cursor.at :].removeprefix("\\")[:1])
        else:
            self._value("-")

    def _value(self, character: str) -> None:
        if self.state == _VALUE and self.waits:
            self.items.append(_shown(self.waiting))
        if self.state == _RANGE:
            if self.waiting > character != "":
                raise refused("empty range in char class")
            if self.waiting and character:
                self.items.append(f"{_shown(self.waiting)}-{_shown(character)}")
            self.state = _COMPLETE
            return
        self.state, self.waiting, self.waits = _VALUE, character, True

    def _subclass(self, text: str) -> None:
        if self.state == _RANGE:
            raise refused("char-class value at end of range")
        if self.state == _VALUE and self.waits:
            self.items.append(_shown(self.waiting))
        self.items.append(text)
        self.state, self.waits = _VALUE, False

    def _end_part(self) -> None:
        if self.state == _VALUE and self.waits:
            self.items.append(_shown(self.waiting))
        self.state, self.waiting, self.waits = _BEFORE, "\0", False


def _shown(character: str) -> str:
    return f"\\U{ord(character):08x}" if character else ""


def _class_text(parts: list[list[str]], negated: bool) -> str:
    sets = ["".join(part) or f"^{_EVERY}" for part in parts]
    inside = sets[0] if len(sets) == 1 else "[" + "&&".join(f"[{s}]" for s in sets) + "]"
    if negated:
        return f"[{_EVERY}]" if inside == f"^{_EVERY}" else f"[^{inside}]"
    return f"[{inside}]"
