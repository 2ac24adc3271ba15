"""Tokens, names, strings and types of Hive's DDL as Athena takes it.

Unlike in queries, a string may stand in double quotes and takes backslash escapes, a name is quoted
with backticks, and other words are reserved.
"""

from __future__ import annotations

import re
from typing import cast

from local_athena.sql import nodes
from local_athena.sql.errors import DdlFault
from local_athena.sql.nodes import Identifier, Name
from local_athena.sql.parser import lexer
from local_athena.sql.parser.cursor import Cursor
from local_athena.sql.parser.lexer import Tokens
from local_athena.sql.parser.words import DDL_RESERVED

_TOKEN = re.compile(
    r"""
      (?P<space>[ \r\n\t]+|--[^\r\n]*|/\*(?s:.*?)\*/)
    | (?P<string>'[^'\\]*(?:\\(?s:.)[^'\\]*)*'|"[^"\\]*(?:\\(?s:.)[^"\\]*)*")
    | (?P<backquoted>`[^`]*(?:``[^`]*)*`)
    | (?P<number>[0-9]+(?:\.[0-9]*)?(?![A-Za-z0-9_.]))
    | (?P<name>[A-Za-z0-9_]+)
    | (?P<operator><>|!=|<=|>=|[-()<>=,.:;])
    | (?P<unknown>(?s:.))
    """,
    re.VERBOSE,
)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|[0-3][0-7]{2}|(?s:.))")

# Type names of Athena's DDL without arguments, and those with a count of numbers.
_PLAIN_NAMES = "boolean tinyint smallint int bigint float double string binary date timestamp"
_PLAIN_TYPES = frozenset(_PLAIN_NAMES.split())
_LENGTH_TYPES = frozenset({"char", "varchar"})


class HiveTokens(Tokens):
    """A DDL statement's tokens, from an offset of the text on."""

    __slots__ = ("start",)

    def __init__(self, text: str, start: int) -> None:
        self.start = start
        super().__init__(text)

    def _scan(self) -> None:
        position, size = self.start, len(self.text)
        while position < size:
            found = cast("re.Match[str]", _TOKEN.match(self.text, position))  # it takes anything
            kind, start, position = found.lastgroup, position, found.end()
            if kind == "space":
                continue
            if kind == "unknown":  # nothing after it can make this a statement: one last token
                position = size
            text = self.text[start:position] if kind == "unknown" else found.group()
            if kind == "name":
                key = text.upper()
                name = key not in DDL_RESERVED and not text.startswith("_")
            else:
                key, name = _key(kind or "unknown", text), kind == "backquoted"
            self.keys.append(key)
            self.texts.append(text)
            self.offsets.append(start)
            self.names.append(name)
        self.keys.append(lexer.END)
        self.texts.append("<EOF>")
        self.offsets.append(size)
        self.names.append(False)


def _key(kind: str, text: str) -> str:
    if kind == "operator":
        return "<>" if text == "!=" else text
    if kind == "number":
        return lexer.DECIMAL if "." in text else lexer.INTEGER
    marks = {"string": lexer.STRING, "backquoted": lexer.BACKQUOTED}
    return marks.get(kind, lexer.UNKNOWN)


class HiveCursor(Cursor):
    """A place in a DDL statement."""

    def refusal(self, rule: str | None = None) -> DdlFault:
        """The error that refuses the next token; `rule` names what could not be read."""
        texts = self.tokens.texts
        if rule is not None:
            near = " ".join(f"'{text}'" for text in texts[self.index : self.index + 3])
            return DdlFault(f"cannot recognize input near {near} in {rule}", self.at())
        message = f"mismatched input '{texts[self.index]}'"
        wanted = sorted(self.asked.get(self.index, ()))
        if wanted:
            message += f" expecting {', '.join(wanted)}"
        if self.index:
            message += f" near '{texts[self.index - 1]}'"
        return DdlFault(message, self.at())

    def identifier(self) -> Identifier:
        """A name: a word that is not reserved, or anything in backticks."""
        return self.named("identifier")

    def named(self, rule: str, *, reserved: bool = False) -> Identifier:
        """A name, missed in the words of `rule`; with `reserved`, a reserved word is one too."""
        index = self.index
        if not self.names[index] and not (reserved and self.tokens.texts[index].isidentifier()):
            raise self.refusal(rule)
        text = self.tokens.texts[index]
        at = self.tokens.at(index)
        self.advance()
        if text.startswith("`"):
            value = text[1:-1].replace("``", "`")
            if not value:
                raise DdlFault("cannot recognize input near '``' in identifier", at)
            return Identifier(at, value, True)
        return Identifier(at, text)

    def table_name(self) -> Name:
        """`t`, `db.t`, `catalog.db.t`; `db.t` in one pair of backticks is one name."""
        parts = [self.named("table name")]
        while len(parts) < 3 and self.accept("."):
            parts.append(self.named("table name"))
        return Name(parts[0].at, tuple(parts))

    def view_name(self) -> Name:
        """A view's name: views are Trino's, so that double quotes name one too."""
        parts = [self._view_part()]
        while len(parts) < 3 and self.accept("."):
            parts.append(self._view_part())
        return Name(parts[0].at, tuple(parts))

    def _view_part(self) -> Identifier:
        at, text = self.at(), self.tokens.texts[self.index]
        if self.key != lexer.STRING or not text.startswith('"') or len(text) < 3:
            return self.named("table name")
        self.advance()
        return Identifier(at, text[1:-1].replace('""', '"'), True)

    def at_string(self) -> bool:
        """Whether a string comes next."""
        if self.key == lexer.STRING:
            return True
        if self.trace:
            self.ask("StringLiteral")
        return False

    def string(self) -> str:
        """A string's value; strings side by side are one."""
        if not self.at_string():
            raise self.refusal()
        parts = []
        while self.key == lexer.STRING:
            parts.append(_unescape(self.tokens.texts[self.advance()][1:-1]))
        return "".join(parts)

    def string_pairs(self) -> tuple[tuple[str, str], ...]:
        """`('key'='value', …)`."""
        self.expect("(")
        found = []
        while True:
            key = self.string()
            self.expect("=")
            found.append((key, self.string()))
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(found)

    def column_type(self) -> str:
        """A type in Glue's own text: lower case, no blanks, `struct<a:int,b:array<string>>`.

        Raises:
            DdlFault: a type that Athena's DDL does not have.
        """
        self.deeper()
        word = self.key.lower()
        if word in _PLAIN_TYPES:
            self.advance()
        elif word in _LENGTH_TYPES:
            self.advance()
            self.expect("(")
            word = f"{word}({self.integer()})"
            self.expect(")")
        elif word == "decimal":
            self.advance()
            word = f"decimal({self._decimal_digits()})"
        elif word in ("array", "map"):
            self.advance()
            self.expect("<")
            inner = self.column_type()
            if word == "map":
                self.expect(",")
                inner += f",{self.column_type()}"
            self.expect(">")
            word = f"{word}<{inner}>"
        elif word == "struct":
            self.advance()
            self.expect("<")
            fields = [self._struct_field()]
            while self.accept(","):
                fields.append(self._struct_field())
            self.expect(">")
            word = f"struct<{','.join(fields)}>"
        else:
            raise self.refusal("column type")
        self.depth -= 1
        return word

    def _decimal_digits(self) -> str:
        if not self.accept("("):
            return "10,0"
        precision = self.integer()
        scale = self.integer() if self.accept(",") else 0
        self.expect(")")
        return f"{precision},{scale}"

    def _struct_field(self) -> str:
        """`name:type [COMMENT '…']`; the comment is not kept, as Glue's type text has none."""
        name = self.named("column specification").value.lower()
        self.expect(":")
        type_text = self.column_type()
        if self.accept("COMMENT"):
            self.string()
        return f"{name}:{type_text}"

    def constant(self) -> nodes.Expression:
        """A partition's value: a string, a number, `DATE '…'`."""
        at = self.at()
        if self.key == lexer.STRING:
            return nodes.StringLiteral(at, self.string())
        if self.key in ("DATE", "TIMESTAMP") and self.peek() == lexer.STRING:
            word = self.keys[self.advance()].lower()
            return nodes.TypedLiteral(at, nodes.TypeName(at, word), self.string())
        sign = "-" if self.accept("-") else ""
        if self.key == lexer.DECIMAL:
            return nodes.DecimalLiteral(at, sign + self.tokens.texts[self.advance()])
        if self.key == lexer.INTEGER:
            return nodes.IntegerLiteral(at, int(sign + self.tokens.texts[self.advance()]))
        raise self.refusal("constant")


def _unescape(text: str) -> str:
    """Undo Hive's backslash escapes; `\\%` and `\\_` keep their backslash."""

    def one(found: re.Match[str]) -> str:
        code = found.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if len(code) == 3:
            return chr(int(code, 8))
        if code in "%_":
            return "\\" + code
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, text)
