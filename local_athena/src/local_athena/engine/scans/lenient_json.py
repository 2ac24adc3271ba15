"""The JSON that OpenX's serde reads: more than JSON is.

Beside JSON: comments (`//`, `#`, `/* */`), 'single quotes', unquoted texts, `=` and `=>` for `:`,
`;` for `,`, and missing items (NULL). What follows the value is ignored. Source: Trino's
JsonReader of the openxjson package, read 2026-11.
"""

from collections.abc import Callable
from typing import Any

from local_athena.json_reading import MAX_DEPTH

_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", "a": "\x07", "v": "\x09"}
_LITERAL_ENDS = frozenset(" \r\n\t\f{}[]/\\:,=;#")


class Unquoted(str):
    """A value without quotes: a number, a boolean, or any other text."""

    __slots__ = ()


Pairs = Callable[[list[tuple[str, Any]]], Any]


def lenient_loads(text: str, pairs: Pairs) -> Any:
    """The value at the start of a text: what `pairs` makes of an object, list, str, Unquoted or
    None.

    Raises:
        ValueError: it is not readable.
    """
    return _Reader(text, pairs).value()


class _Reader:
    """A place in the text."""

    def __init__(self, text: str, pairs: Pairs) -> None:
        self._text = text
        self._at = 0
        self._pairs = pairs
        self._depth = 0

    def value(self) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._fault("Nested too deeply")
        found = self._value()
        self._depth -= 1
        return found

    def _value(self) -> Any:
        char = self._next()
        if not char:
            raise self._fault("End of input")
        if char == "{":
            return self._object()
        if char == "[":
            return self._array()
        if char in "'\"":
            return self._quoted(char)
        self._at -= 1
        return self._literal()

    def _object(self) -> Any:
        if self._next() == "}":
            return self._pairs([])
        self._at -= 1
        found: list[tuple[str, Any]] = []
        while True:
            name = self.value()
            if not isinstance(name, str):
                raise self._fault("Names must be strings")
            separator = self._next()
            if separator not in (":", "="):
                raise self._fault(f"Expected ':' after {name}")
            if separator == "=" and self._text.startswith(">", self._at):
                self._at += 1
            found.append((str(name), self.value()))
            end = self._next()
            if end == "}":
                return self._pairs(found)
            if end not in (",", ";"):
                raise self._fault("Unterminated object")

    def _array(self) -> list[Any]:
        items: list[Any] = []
        after_separator = False
        while True:
            char = self._next()
            if not char:
                raise self._fault("Unterminated array")
            if char == "]":
                return [*items, None] if after_separator else items
            if char in ",;":
                items.append(None)
            else:
                self._at -= 1
                items.append(self.value())
                end = self._next()
                if end == "]":
                    return items
                if end not in (",", ";"):
                    raise self._fault("Unterminated array")
            after_separator = True

    def _quoted(self, quote: str) -> str:
        out: list[str] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char == quote:
                return "".join(out)
            out.append(self._escape() if char == "\\" else char)
        raise self._fault("Unterminated string")

    def _escape(self) -> str:
        char = self._text[self._at : self._at + 1]
        if not char:
            raise self._fault("Unterminated escape sequence")
        self._at += 1
        if char != "u":
            return _ESCAPES.get(char, char)
        digits = self._text[self._at : self._at + 4]
        if len(digits) < 4:
            raise self._fault("Unterminated escape sequence")
        self._at += 4
        return chr(int(digits, 16))

    def _literal(self) -> Unquoted | None:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _LITERAL_ENDS:
            self._at += 1
        literal = self._text[start : self._at]
        if not literal:
            raise self._fault("Expected literal value")
        return None if literal.lower() == "null" else Unquoted(literal)

    def _next(self) -> str:
        """The next character that is neither blank nor in a comment; empty at the end."""
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char in "\t \n\r":
                continue
            if char == "#" or (char == "/" and self._text.startswith("/", self._at)):
                self._at = len(self._text)
            elif char == "/" and self._text.startswith("*", self._at):
                end = self._text.find("*/", self._at + 1)
                if end < 0:
                    raise self._fault("Unterminated c-style comment")
                self._at = end + 2
            else:
                return char
        return ""

    def _fault(self, message: str) -> ValueError:
        return ValueError(f"{message} at character {self._at} of {self._text}")
