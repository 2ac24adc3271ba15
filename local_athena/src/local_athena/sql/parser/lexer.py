"""Cut a statement of Trino's language into tokens, in one linear pass.

`Tokens` holds parallel lists. A token's key is what the parser compares: the upper-case word of an
unquoted name, an operator's own text, or one of the marks below for the classes that carry a value.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import cast

from local_athena.sql.nodes import At
from local_athena.sql.parser.words import RESERVED

QUOTED = '"'
BACKQUOTED = "`"
DIGIT_NAME = "1a"
STRING = "'"
UNICODE_STRING = "u'"
BINARY = "x'"
INTEGER = "1"
DECIMAL = "1."
DOUBLE = "1e"
UNKNOWN = "\0"
END = "<EOF>"

_TOKEN = re.compile(
    r"""
      (?P<space>[ \r\n\t]+|--[^\r\n]*)
    | (?P<ustring>[Uu]&'[^']*(?:''[^']*)*')
    | (?P<binary>[Xx]'[^']*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<string>'[^']*(?:''[^']*)*')
    | (?P<quoted>"[^"]*(?:""[^"]*)*")
    | (?P<backquoted>`[^`]*(?:``[^`]*)*`)
    | (?P<number>\.?[0-9])
    | (?P<comment>/\*)
    | (?P<operator><>|!=|<=|>=|\|\||->|=>|[-+*/%=<>?;.:,()\[\]{}|^$])
    | (?P<unknown>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(
    r"""
      (?P<double>[0-9]+(?:\.[0-9]*)?[Ee][+-]?[0-9]+|\.[0-9]+[Ee][+-]?[0-9]+)
    | (?P<decimal>[0-9](?:_?[0-9])*\.(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)
    | (?P<integer>0[Xx](?:_?[0-9A-Fa-f])+|0[Oo](?:_?[0-7])+|0[Bb](?:_?[01])+|[0-9](?:_?[0-9])*)
    """,
    re.VERBOSE,
)
_DIGIT_NAME = re.compile(r"[0-9][A-Za-z0-9_]+")
_BRACKETS = {")": "(", "]": "["}


class Tokens:
    """A statement's tokens; the last one is END.

    `keys`, `texts` (as written), `offsets` (of the first character, from 0) and `names` (whether
    the token may stand where a name is wanted) run in parallel. `partner` gives the index of the
    bracket that closes the one at an index, or the index of END where nothing does.
    """

    __slots__ = ("_lines", "_places", "keys", "names", "offsets", "partner", "text", "texts")

    def __init__(self, text: str) -> None:
        self.text = text
        self.keys: list[str] = []
        self.texts: list[str] = []
        self.offsets: list[int] = []
        self.names: list[bool] = []
        self.partner: dict[int, int] = {}
        self._lines: list[int] | None = None
        self._places: dict[int, At] = {}
        self._scan()

    def at(self, index: int) -> At:
        """Line and column, both from 1, of a token."""
        known = self._places.get(index)
        if known is None:
            known = self._places[index] = self.place(self.offsets[index])
        return known

    def place(self, offset: int) -> At:
        """Line and column, both from 1, of a character."""
        if self._lines is None:
            self._lines = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", self.text))]
        line = bisect_right(self._lines, offset)
        return At(line, offset - self._lines[line - 1] + 1)

    def end_of(self, index: int) -> int:
        """The offset after a token's last character."""
        return self.offsets[index] + len(self.texts[index])

    def _scan(self) -> None:
        text, size, position = self.text, len(self.text), 0
        keys, texts, offsets, names = self.keys, self.texts, self.offsets, self.names
        last_close = text.rfind("*/")
        open_brackets: list[int] = []
        match = _TOKEN.match
        while position < size:
            found = cast("re.Match[str]", match(text, position))  # it takes any character
            kind, start, position = found.lastgroup, position, found.end()
            if kind == "space":
                continue
            if kind == "comment":
                if position <= last_close:
                    position = text.find("*/", position) + 2
                    continue
                position = start + 1
                key = "/"
            elif kind == "name":
                key = found.group().upper()
            elif kind == "operator":
                key = found.group()
                if key == "!=":
                    key = "<>"
                elif key == "(" or key == "[":
                    open_brackets.append(len(keys))
                elif (
                    key in _BRACKETS and open_brackets and keys[open_brackets[-1]] == _BRACKETS[key]
                ):
                    self.partner[open_brackets.pop()] = len(keys)
            elif kind == "number":
                key, position = _number(text, start)
            else:
                key = _MARKS[kind or "unknown"]
            keys.append(key)
            texts.append(text[start:position])
            offsets.append(start)
            names.append(
                key not in RESERVED
                if kind == "name"
                else kind == "quoted" or kind == "backquoted" or key == DIGIT_NAME
            )
        for index in open_brackets:
            self.partner[index] = len(keys)
        keys.append(END)
        texts.append("<EOF>")
        offsets.append(size)
        names.append(False)


_MARKS = {
    "ustring": UNICODE_STRING,
    "binary": BINARY,
    "string": STRING,
    "quoted": QUOTED,
    "backquoted": BACKQUOTED,
    "unknown": UNKNOWN,
}


def _number(text: str, start: int) -> tuple[str, int]:
    """The key and end of the longest number or digit-led name at `start`."""
    found = cast("re.Match[str]", _NUMBER.match(text, start))  # a digit is there
    end = found.end()
    key = {"double": DOUBLE, "decimal": DECIMAL, "integer": INTEGER}[found.lastgroup or ""]
    name = _DIGIT_NAME.match(text, start)
    if name is not None and name.end() > end:
        return DIGIT_NAME, name.end()
    return key, end
