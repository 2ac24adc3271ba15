"""Step through a statement's tokens, and say what was expected where it goes wrong.

A text is parsed without any record of expectations. When that fails it is parsed once more with
`trace`: everything asked for at the place of the failure makes the message's list, as in Trino:
`mismatched input 'x'. Expecting: 'FROM', <expression>`.
"""

from __future__ import annotations

from local_athena.sql.errors import SyntaxFault
from local_athena.sql.nodes import At, Identifier, Name
from local_athena.sql.parser import lexer
from local_athena.sql.parser.lexer import Tokens

# Nesting of brackets, calls, CASE and subqueries that a statement may have.
MAX_DEPTH = 500


class Cursor:
    """A place in the tokens. `index` is the next token's; `key` is its key."""

    def __init__(self, tokens: Tokens, trace: bool = False) -> None:
        self.tokens = tokens
        self.keys = tokens.keys
        self.names = tokens.names
        self.index = 0
        self.key = tokens.keys[0]
        self.depth = 0
        self.parameters = 0
        self.trace = trace
        self.asked: dict[int, set[str]] = {}
        self.muted = -1

    # ------------------------------------------------------------ moving

    def advance(self) -> int:
        """Step over the next token and return its index."""
        index = self.index
        if index < len(self.keys) - 1:
            self.index = index + 1
            self.key = self.keys[index + 1]
        return index

    def go(self, index: int) -> None:
        """Move to a token."""
        self.index = index
        self.key = self.keys[index]

    def peek(self, distance: int = 1) -> str:
        """The key some tokens ahead; END beyond the end."""
        index = self.index + distance
        return self.keys[index] if index < len(self.keys) else lexer.END

    def accept(self, key: str) -> bool:
        """Step over the next token if it is `key`."""
        if self.key == key:
            self.advance()
            return True
        if self.trace:
            self.ask(f"'{key}'")
        return False

    def accept_words(self, *words: str) -> bool:
        """Step over all these words, or none of them."""
        index = self.index
        if self.keys[index : index + len(words)] == list(words):
            self.go(index + len(words))
            return True
        if self.trace:
            self.ask(f"'{words[0]}'")
            if self.key == words[0] and len(words) > 1:
                self.asked.setdefault(index + 1, set()).add(f"'{words[1]}'")
        return False

    def expect(self, key: str) -> int:
        """Step over `key` and return its index.

        Raises:
            SyntaxFault: something else stands there.
        """
        if self.key == key:
            return self.advance()
        if self.trace:
            self.ask(f"'{key}'")
        raise self.refusal()

    def expect_words(self, *words: str) -> None:
        """Step over these words in turn."""
        for word in words:
            self.expect(word)

    # ------------------------------------------------------------ places and errors

    def at(self) -> At:
        """Where the next token stands."""
        return self.tokens.at(self.index)

    def ask(self, label: str) -> None:
        """Note that `label` would have been accepted here (only when tracing)."""
        if self.muted != self.index:
            self.asked.setdefault(self.index, set()).add(label)

    def refusal(self) -> SyntaxFault:
        """The error that refuses the next token."""
        message = f"mismatched input '{self.tokens.texts[self.index]}'"
        wanted = sorted(self.asked.get(self.index, ()))
        if wanted:
            message += f". Expecting: {', '.join(wanted)}"
        return SyntaxFault(message, self.at())

    def deeper(self) -> None:
        """Count one more level of nesting; the caller counts it off again.

        Raises:
            SyntaxFault: the statement nests deeper than MAX_DEPTH.
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SyntaxFault(
                f"statement is too large (nested more than {MAX_DEPTH} levels deep)", self.at()
            )

    # ------------------------------------------------------------ names

    def identifier(self) -> Identifier:
        """A name, quoted or not.

        Raises:
            SyntaxFault: no name, a reserved word, a back-quoted or digit-led name.
        """
        index = self.index
        if not self.names[index]:
            if self.trace:
                self.ask("<identifier>")
            raise self.refusal()
        key, text = self.keys[index], self.tokens.texts[index]
        at = self.tokens.at(index)
        self.advance()
        if key == lexer.QUOTED:
            value = text[1:-1].replace('""', '"')
            if not value:
                raise SyntaxFault("Zero-length delimited identifier not allowed", at)
            return Identifier(at, value, True)
        if key == lexer.BACKQUOTED:
            raise SyntaxFault(
                "backquoted identifiers are not supported; use double quotes to quote identifiers",
                at,
            )
        if key == lexer.DIGIT_NAME:
            raise SyntaxFault(
                "identifiers must not start with a digit; "
                "surround the identifier with double quotes",
                at,
            )
        return Identifier(at, text)

    def qualified_name(self) -> Name:
        """`a`, `a.b`, `a.b.c`…"""
        first = self.identifier()
        parts = [first]
        while self.key == ".":
            self.advance()
            parts.append(self.identifier())
        return Name(first.at, tuple(parts))

    def identifier_list(self) -> tuple[Identifier, ...]:
        """`(a, b, …)`."""
        self.expect("(")
        found = [self.identifier()]
        while self.accept(","):
            found.append(self.identifier())
        self.expect(")")
        return tuple(found)

    # ------------------------------------------------------------ literals

    def at_string(self) -> bool:
        """Whether a string literal comes next."""
        if self.key == lexer.STRING or self.key == lexer.UNICODE_STRING:
            return True
        if self.trace:
            self.ask("<string>")
        return False

    def string(self) -> str:
        """A string literal's value, `U&'…'` decoded."""
        if not self.at_string():
            raise self.refusal()
        at = self.at()
        unicode = self.key == lexer.UNICODE_STRING
        text = self.tokens.texts[self.advance()]
        if not unicode:
            return text[1:-1].replace("''", "'")
        escape = "\\"
        if self.accept("UESCAPE"):
            if self.key != lexer.STRING:
                raise self.refusal()
            escape = self.tokens.texts[self.advance()][1:-1].replace("''", "'")
            if not escape:
                raise SyntaxFault("Empty Unicode escape character", at)
            if len(escape) != 1:
                raise SyntaxFault("Escape must be a single character", at)
            if escape in "+'\" " or escape.isspace() or escape in "0123456789abcdefABCDEF":
                raise SyntaxFault(f"Invalid Unicode escape character: {escape}", at)
        return _decode_unicode(text[3:-1].replace("''", "'"), escape, at)

    def integer(self) -> int:
        """An unsigned integer literal."""
        if self.key != lexer.INTEGER:
            if self.trace:
                self.ask("<integer>")
            raise self.refusal()
        at = self.at()
        return read_integer(self.tokens.texts[self.advance()], "", at)


def read_integer(text: str, sign: str, at: At) -> int:
    """The value of an integer literal, which must fit a bigint.

    Raises:
        SyntaxFault: it does not fit.
    """
    digits = text.replace("_", "")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 10)
    too_long = len(digits) > 70
    value = 1 << 64 if too_long else int(digits[2:] if base != 10 else digits, base)
    if sign == "-":
        value = -value
    if too_long or not -(1 << 63) <= value < 1 << 63:
        raise SyntaxFault(f"Invalid numeric literal: {sign}{text}", at)
    return value


def _decode_unicode(text: str, escape: str, at: At) -> str:
    """Decode `\\0041` and `\\+000041`; the escape twice stands for itself."""
    out: list[str] = []
    position, size = 0, len(text)
    while position < size:
        character = text[position]
        if character != escape:
            out.append(character)
            position += 1
        elif text[position + 1 : position + 2] == escape:
            out.append(escape)
            position += 2
        else:
            long = text[position + 1 : position + 2] == "+"
            start, width = (position + 2, 6) if long else (position + 1, 4)
            digits = text[start : start + width]
            if len(digits) < width:
                raise SyntaxFault("Incomplete escape sequence: " + escape + digits, at)
            if any(digit not in "0123456789abcdefABCDEF" for digit in digits):
                raise SyntaxFault(f"Invalid hexadecimal digit in escape sequence: {digits}", at)
            code = int(digits, 16)
            if code > 0x10FFFF:
                raise SyntaxFault(f"Invalid escaped character: {digits}", at)
            if 0xD800 <= code <= 0xDFFF:
                raise SyntaxFault(
                    f"Invalid escaped character: {digits}. Escaped character is a surrogate. "
                    "Use '\\+123456' instead.",
                    at,
                )
            out.append(chr(code))
            position = start + width
    return "".join(out)
