"""The path language of SQL/JSON: parsing.

Members (`.a`, `."a b"`, `.*`, `..a`), elements (`[0]`, `[1, 2 to last]`, `[*]`), methods, filters
(`?(@.a > 1 && exists(@.b))`), arithmetic, literals and named variables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from local_athena.sql.errors import SqlError


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path: its mode, its tree of (kind, operands…) tuples, the variables it names."""

    lax: bool
    tree: tuple[Any, ...]
    variables: tuple[str, ...]


_TOKEN = re.compile(
    r"(?:\s|/\*.*?\*/)*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r'|"(?P<string>(?:[^"]|"")*)"'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<mark>&&|\|\||==|!=|<>|<=|>=|\.\.|[$@.*\[\](),?<>!+\-/%]))",
    re.DOTALL,
)
_METHODS = ("type", "size", "double", "ceiling", "floor", "abs", "keyvalue", "datetime")
_COMPARISONS = ("==", "!=", "<>", "<", "<=", ">", ">=")


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.not_yet = ""
        self.variables: list[str] = []
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if not found:
                raise self.wrong()
            kind = found.lastgroup or ""
            self.tokens.append((kind, found[kind]))
            at = found.end()
        self.at = 0

    def wrong(self) -> SqlError:
        return SqlError("SYNTAX_ERROR", f"mismatched input in JSON path '{self.text}'")

    def peek(self, value: str, ahead: int = 0) -> bool:
        index = self.at + ahead
        return (
            index < len(self.tokens)
            and self.tokens[index][1] == value
            and self.tokens[index][0] in ("mark", "name")
        )

    def take(self, value: str) -> bool:
        if self.peek(value):
            self.at += 1
            return True
        return False

    def need(self, value: str) -> None:
        if not self.take(value):
            raise self.wrong()

    def path(self) -> Path:
        mode = self.next()
        if mode[1].lower() not in ("lax", "strict"):
            raise self.wrong()
        tree = self.sum()
        if self.at < len(self.tokens):
            raise self.wrong()
        if self.not_yet:
            raise SqlError("NOT_SUPPORTED", f"{self.not_yet} in JSON path is not yet supported")
        return Path(mode[1].lower() == "lax", tree, tuple(self.variables))

    def next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self.wrong()
        self.at += 1
        return self.tokens[self.at - 1]

    def sum(self) -> tuple[Any, ...]:
        tree = self.product()
        while self.peek("+") or self.peek("-"):
            operator = self.next()[1]
            tree = ("binary", operator, tree, self.product())
        return tree

    def product(self) -> tuple[Any, ...]:
        tree = self.unary()
        while self.peek("*") or self.peek("/") or self.peek("%"):
            operator = self.next()[1]
            tree = ("binary", operator, tree, self.unary())
        return tree

    def unary(self) -> tuple[Any, ...]:
        if self.take("-"):
            return ("negate", self.unary())
        if self.take("+"):
            return ("plus", self.unary())
        return self.steps(self.primary())

    def primary(self) -> tuple[Any, ...]:
        kind, value = self.next()
        if kind == "number":
            return ("literal", _literal(value))
        if kind == "string":
            return ("literal", value.replace('""', '"'))
        if kind == "variable":
            self.variables.append(value[1:])
            return ("variable", value[1:])
        if value == "$":
            return ("root",)
        if value == "@":
            return ("current",)
        if kind == "name" and value in ("true", "false", "null"):
            return ("literal", {"true": True, "false": False, "null": None}[value])
        if value == "last":
            return ("last",)
        if value == "(":
            tree = self.sum()
            self.need(")")
            return tree
        raise self.wrong()

    def steps(self, tree: tuple[Any, ...]) -> tuple[Any, ...]:
        while True:
            if self.take("."):
                tree = self.member(tree)
            elif self.take(".."):
                kind, name = self.next()
                if kind not in ("name", "string"):
                    raise self.wrong()
                tree = ("descendants", tree, name.replace('""', '"') if kind == "string" else name)
            elif self.take("["):
                tree = self.elements(tree)
            elif self.take("?"):
                self.need("(")
                tree = ("filter", tree, self.disjunction())
                self.need(")")
            else:
                return tree

    def member(self, tree: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.take("*"):
            return ("members", tree)
        kind, value = self.next()
        if kind == "name" and value in _METHODS and self.take("("):
            if value == "datetime":
                self.not_yet = "datetime method"
                if self.at < len(self.tokens) and self.tokens[self.at][0] == "string":
                    self.at += 1
            self.need(")")
            return ("method", value, tree)
        if kind not in ("name", "string"):
            raise self.wrong()
        return ("member", tree, value.replace('""', '"') if kind == "string" else value)

    def elements(self, tree: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.take("*"):
            self.need("]")
            return ("all", tree)
        ranges = []
        while True:
            first = self.sum()
            last = self.sum() if self.take("to") else None
            ranges.append((first, last))
            if not self.take(","):
                break
        self.need("]")
        return ("elements", tree, tuple(ranges))

    def disjunction(self) -> tuple[Any, ...]:
        tree = self.conjunction()
        while self.take("||"):
            tree = ("or", tree, self.conjunction())
        return tree

    def conjunction(self) -> tuple[Any, ...]:
        tree = self.predicate()
        while self.take("&&"):
            tree = ("and", tree, self.predicate())
        return tree

    def predicate(self) -> tuple[Any, ...]:
        if self.take("!"):
            delimited = self.delimited()
            if delimited is None:
                raise self.wrong()
            return ("not", delimited)
        start, delimited = self.at, self.delimited()
        if delimited is None:
            return self.comparison()
        if self.tokens[start][1] == "(" and self.take("is"):
            self.need("unknown")
            return ("unknown", delimited)
        return delimited

    def delimited(self) -> tuple[Any, ...] | None:
        """`exists(…)` or a predicate in brackets; None, and nothing is read, for neither."""
        start = self.at
        if self.take("exists"):
            self.need("(")
            tree = self.sum()
            self.need(")")
            return ("exists", tree)
        if self.take("("):
            try:
                tree = self.disjunction()
                self.need(")")
            except SqlError:
                self.at = start  # (a path in brackets)
                return None
            return tree
        return None

    def comparison(self) -> tuple[Any, ...]:
        left = self.sum()
        if self.take("starts"):
            self.need("with")
            prefix = self.primary()
            if prefix[0] != "variable" and not isinstance(prefix[1:] and prefix[1], str):
                raise self.wrong()
            return ("starts", left, prefix)
        if self.take("like_regex"):
            self.not_yet = "like_regex predicate"
            if self.next()[0] != "string" or (self.take("flag") and self.next()[0] != "string"):
                raise self.wrong()
            return ("like",)
        operator = self.next()[1]
        if operator not in _COMPARISONS:
            raise self.wrong()
        return ("compare", operator, left, self.sum())


def _literal(text: str) -> int | float | Decimal:
    if text.isdigit():
        return int(text)
    return float(text) if "e" in text.lower() else Decimal(text)


@lru_cache(maxsize=512)
def parse_path(text: str) -> Path:
    """A path of SQL/JSON.

    Raises:
        SqlError: SYNTAX_ERROR, NOT_SUPPORTED.
    """
    return _Parser(text).path()
