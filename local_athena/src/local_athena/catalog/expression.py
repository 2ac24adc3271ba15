"""Glue's partition expressions: `year = '2026' AND (month BETWEEN 1 AND 3 OR day IN (1, 2))`.

Operators: =, <>, !=, <, <=, >, >=, AND, OR, NOT, IN, NOT IN, BETWEEN, LIKE, IS NULL, IS NOT NULL.
Keys compare by their type: string by text, int/bigint/long/tinyint/smallint and decimal by number,
date and timestamp by text in ISO form. A value that does not read as its key's type never
matches. Source: Glue API reference, GetPartitions (read November 2026).
"""

import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from local_athena.errors import ExpressionError

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
MAX_LENGTH = 2048

Accepts = Callable[[Sequence[str]], bool]
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*')
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<operator><=|>=|<>|!=|=|<|>|\(|\)|,)
      | (?P<quoted>"[^"]+"|`[^`]+`)
      | (?P<word>[A-Za-z_][\w$]*)
    )""",
    re.VERBOSE,
)
_NUMBERS = ("int", "integer", "bigint", "long", "tinyint", "smallint", "decimal", "double", "float")


def compile_expression(expression: str, keys: Sequence[tuple[str, str]]) -> Accepts:
    """A predicate on partition values, in the order of `keys` (name, Glue type).

    Raises:
        ExpressionError: bad syntax, an unknown key, or more than 2048 characters.
    """
    if len(expression) > MAX_LENGTH:
        raise ExpressionError(f"The expression is longer than {MAX_LENGTH} characters.")
    parser = _Parser(_tokens(expression), keys, expression)
    accepts = parser.disjunction()
    parser.expect_end()
    return lambda values: accepts(values) is True


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = expression.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"Unsupported expression {expression!r} at position {position}.")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return found


_Truth = Callable[[Sequence[str]], bool | None]


class _Parser:
    def __init__(
        self, tokens: list[tuple[str, str]], keys: Sequence[tuple[str, str]], expression: str
    ) -> None:
        self._tokens = tokens
        self._position = 0
        self._expression = expression
        self._keys = {
            name.lower(): (index, kind.lower()) for index, (name, kind) in enumerate(keys)
        }

    def disjunction(self) -> _Truth:
        parts = [self._conjunction()]
        while self._take_word("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else _any(parts)

    def expect_end(self) -> None:
        if self._position < len(self._tokens):
            raise self._error()

    def _conjunction(self) -> _Truth:
        parts = [self._negation()]
        while self._take_word("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else _all(parts)

    def _negation(self) -> _Truth:
        if self._take_word("not"):
            return _not(self._negation())
        if self._take("operator", "("):
            inner = self.disjunction()
            self._expect("(", ")")
            return inner
        return self._predicate()

    def _predicate(self) -> _Truth:
        kind, text = self._next()
        if kind in ("text", "number"):  # a value on the left: `5 < day`
            name = self._operator()
            index, key_kind = self._key(*self._next())
            return _compare(index, key_kind, _FLIPPED[name], self._value(kind, text, key_kind))
        index, key_kind = self._key(kind, text)
        if self._take_word("is"):
            negated = self._take_word("not")
            self._expect_word("null")
            return lambda values: (values[index] == HIVE_NULL) is not negated
        negated = self._take_word("not")
        found: _Truth
        if self._take_word("in"):
            allowed = self._list(key_kind)
            found = _any([_compare(index, key_kind, "=", value) for value in allowed])
        elif self._take_word("between"):
            low = self._literal(key_kind)
            self._expect_word("and")
            high = self._literal(key_kind)
            found = _all(
                [_compare(index, key_kind, ">=", low), _compare(index, key_kind, "<=", high)]
            )
        elif self._take_word("like"):
            found = _like(index, str(self._literal("string")))
        elif negated:
            raise self._error()
        else:
            return _compare(index, key_kind, self._operator(), self._literal(key_kind))
        return _not(found) if negated else found

    def _list(self, kind: str) -> list[Any]:
        self._expect("IN", "(")
        values = [self._literal(kind)]
        while self._take("operator", ","):
            values.append(self._literal(kind))
        self._expect("IN (", ")")
        return values

    def _literal(self, key_kind: str) -> Any:
        kind, text = self._next()
        if kind == "word" and text.lower() in ("date", "timestamp"):
            kind, text = self._next()
        return self._value(kind, text, key_kind)

    def _value(self, kind: str, text: str, key_kind: str) -> Any:
        if kind == "text":
            text = text[1:-1].replace("''", "'")
        elif kind != "number":
            raise self._error()
        value = _typed(text, key_kind)
        if value is None:
            raise ExpressionError(f"{text!r} is not a value of type {key_kind}.")
        return value

    def _key(self, kind: str, text: str) -> tuple[int, str]:
        if kind == "quoted":
            text = text[1:-1]
        elif kind != "word":
            raise self._error()
        found = self._keys.get(text.lower())
        if found is None:
            raise ExpressionError(f"{text} is not a partition key of the table.")
        return found

    def _operator(self) -> str:
        kind, text = self._next()
        if kind != "operator" or text not in _FLIPPED:
            raise self._error()
        return text

    def _next(self) -> tuple[str, str]:
        if self._position >= len(self._tokens):
            raise self._error()
        self._position += 1
        return self._tokens[self._position - 1]

    def _take(self, kind: str, text: str) -> bool:
        if self._position < len(self._tokens) and self._tokens[self._position] == (kind, text):
            self._position += 1
            return True
        return False

    def _take_word(self, word: str) -> bool:
        if self._position < len(self._tokens):
            kind, text = self._tokens[self._position]
            if kind == "word" and text.lower() == word:
                self._position += 1
                return True
        return False

    def _expect(self, after: str, text: str) -> None:
        if not self._take("operator", text):
            raise self._error()

    def _expect_word(self, word: str) -> None:
        if not self._take_word(word):
            raise self._error()

    def _error(self) -> ExpressionError:
        return ExpressionError(f"Unsupported expression {self._expression!r}.")


_OPERATORS = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FLIPPED = {"=": "=", "<>": "<>", "!=": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _typed(text: str, kind: str) -> Any:
    """A text as a value of a key's type, None when it is not one."""
    if kind.startswith(_NUMBERS):
        try:
            return Decimal(text)
        except InvalidOperation:
            return None
    return text


def _compare(index: int, kind: str, name: str, wanted: Any) -> _Truth:
    def check(values: Sequence[str]) -> bool | None:
        if values[index] == HIVE_NULL:
            return None
        found = _typed(values[index], kind)
        if found is None:
            return None
        return bool(_OPERATORS[name](found, wanted))

    return check


def _like(index: int, pattern: str) -> _Truth:
    text = "".join(
        ".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern
    )
    compiled = re.compile(text, re.DOTALL)

    def check(values: Sequence[str]) -> bool | None:
        value = values[index]
        return None if value == HIVE_NULL else compiled.fullmatch(value) is not None

    return check


def _any(parts: Sequence[_Truth]) -> _Truth:
    def check(values: Sequence[str]) -> bool | None:
        found: bool | None = False
        for part in parts:
            truth = part(values)
            if truth:
                return True
            if truth is None:
                found = None
        return found

    return check


def _all(parts: Sequence[_Truth]) -> _Truth:
    def check(values: Sequence[str]) -> bool | None:
        found: bool | None = True
        for part in parts:
            truth = part(values)
            if truth is False:
                return False
            if truth is None:
                found = None
        return found

    return check


def _not(part: _Truth) -> _Truth:
    def check(values: Sequence[str]) -> bool | None:
        truth = part(values)
        return None if truth is None else not truth

    return check
