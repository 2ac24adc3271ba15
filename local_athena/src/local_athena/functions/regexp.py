"""Regular expressions: `regexp_*`, by Joni's rules (Java's syntax) on the `regex` package.

A pattern that is plain in RE2 and in Java alike runs in DuckDB for `regexp_like`, all others in
Python. Differences bridged: `$` ends the text only (not before a last newline) and is a line end in
none but `(?m)`; `^` the same; `\\Z`, `\\h`, `\\Q…\\E`, `\\x{…}`; texts have `$1`, `${name}`
and `\\` as an escape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from local_athena.functions.registry import CastWriter, ScalarWriter
from local_athena.functions.udf import call_python
from local_athena.sql.bound import BoundExpression, Call, Cast, Constant
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, quote_text
from local_athena.sql.types import Type

MATCH_SECONDS = 5.0
_PLAIN = re.compile(
    r"\^?(?:[A-Za-z0-9 _@#%&=:;,<>/!\"'~`-]|\\[.d\-+*?()\[\]{}|^$/\\]"
    r"|\[\^?[A-Za-z0-9_@#%=:;,/ .+-]+\]"
    r"|[*+?](?![*+?])|\{\d{1,3}(?:,\d{0,3})?\}(?![*+?]))*\$?"
)


def _bad(message: str) -> SqlError:
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


class Expression:
    """A pattern of the `regex` package whose search in one text ends after MATCH_SECONDS.

    A search with much backtracking takes for ever, and nothing can interrupt it.
    """

    __slots__ = ("_pattern", "groupindex", "groups")

    def __init__(self, pattern: Any) -> None:
        self._pattern = pattern
        self.groups: int = pattern.groups
        self.groupindex: dict[str, int] = pattern.groupindex

    def search(self, value: str) -> Any:
        """The first match, or None."""
        with _timed():
            return self._pattern.search(value, timeout=MATCH_SECONDS)

    def fullmatch(self, value: str) -> Any:
        """The match of the whole text, or None."""
        with _timed():
            return self._pattern.fullmatch(value, timeout=MATCH_SECONDS)

    def finditer(self, value: str, start: int = 0) -> Iterator[Any]:
        """All matches."""
        with _timed():
            yield from self._pattern.finditer(value, start, timeout=MATCH_SECONDS)

    def sub(self, fill: Callable[[Any], str], value: str) -> str:
        """The text with its matches replaced."""
        with _timed():
            return str(self._pattern.sub(fill, value, timeout=MATCH_SECONDS))


@contextmanager
def _timed() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise SqlError(
            "EXCEEDED_TIME_LIMIT",
            f"The regular expression takes more than {MATCH_SECONDS:.0f} seconds for one value",
        ) from None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Expression:
    """The pattern for the `regex` package; refused ones raise as Joni does."""
    import regex

    try:
        return Expression(regex.compile(_translated(pattern), regex.VERSION1))
    except regex.error as error:
        message = str(error)
        if "missing )" in message or "unterminated" in message:
            message = "end pattern with unmatched parenthesis"
        raise _bad(message) from None


def _translated(pattern: str) -> str:
    """Java's syntax as the `regex` package reads it."""
    out: list[str] = []
    position, in_class = 0, 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            piece, position = _escape(pattern, position)
            out.append(piece)
            continue
        if character == "[":
            if in_class and pattern.startswith("[:", position):
                end = pattern.find(":]", position)
                if end > 0:
                    out.append(pattern[position : end + 2])
                    position = end + 2
                    continue
            in_class += 1
        elif character == "]" and in_class:
            in_class -= 1
        elif character == "$" and not in_class:
            out.append("$" if "(?m" in pattern else r"\Z")
            position += 1
            continue
        out.append(character)
        position += 1
    return "".join(out)


def _escape(pattern: str, position: int) -> tuple[str, int]:
    following = pattern[position + 1 : position + 2]
    if following == "Q":
        end = pattern.find("\\E", position + 2)
        stop = len(pattern) if end < 0 else end
        return re.escape(pattern[position + 2 : stop]), min(stop + 2, len(pattern))
    if following == "x" and pattern[position + 2 : position + 3] == "{":
        end = pattern.find("}", position)
        if end > 0:
            return re.escape(chr(int(pattern[position + 3 : end], 16))), end + 1
    known = {"z": r"\Z", "Z": r"(?=\n?\Z)", "h": r"[ \t\xA0]", "H": r"[^ \t\xA0]"}
    if not following:
        raise _bad("end pattern at escape")
    return known.get(following, "\\" + following), position + 2


def _like(value: str, pattern: str) -> bool:
    return compiled(pattern).search(value) is not None


def _group(expression: Any, group: int) -> int:
    if group < 0:
        raise _bad("Group cannot be negative")
    if group > expression.groups:
        raise _bad(f"Pattern has {expression.groups} groups. Cannot access group {group}")
    return group


def _extract(value: str, pattern: str, group: int = 0) -> str | None:
    expression = compiled(pattern)
    number = _group(expression, group)
    found = expression.search(value)
    return None if found is None else found[number]


def _extract_all(value: str, pattern: str, group: int = 0) -> list[str | None]:
    expression = compiled(pattern)
    number = _group(expression, group)
    return [found[number] for found in expression.finditer(value)]


def _count(value: str, pattern: str) -> int:
    return sum(1 for _ in compiled(pattern).finditer(value))


def _split(value: str, pattern: str) -> list[str]:
    pieces, start = [], 0
    for found in compiled(pattern).finditer(value):
        pieces.append(value[start : found.start()])
        start = found.end()
    return [*pieces, value[start:]]


def _position(value: str, pattern: str, start: int = 1, occurrence: int = 1) -> int:
    if start < 1:
        raise _bad("start position cannot be smaller than 1")
    if occurrence < 1:
        raise _bad("occurrence cannot be smaller than 1")
    if start > len(value) + 1:
        return -1
    for number, found in enumerate(compiled(pattern).finditer(value, start - 1), start=1):
        if number == occurrence:
            return int(found.start()) + 1
    return -1


@lru_cache(maxsize=256)
def _replacement(text: str, pattern: str) -> list[str | int]:
    """Literal pieces and group numbers of a replacement, names looked up in the pattern."""
    expression = compiled(pattern)
    pieces: list[str | int] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            if position + 1 == len(text):
                raise _bad("Illegal replacement sequence: backslash at the end")
            pieces.append(text[position + 1])
            position += 2
        elif character == "$":
            number, position = _group_reference(text, position + 1, expression)
            pieces.append(number)
        else:
            pieces.append(character)
            position += 1
    return pieces


def _group_reference(text: str, position: int, expression: Any) -> tuple[int, int]:
    if text[position : position + 1] == "{":
        end = text.find("}", position)
        name = text[position + 1 : end]
        if end < 0 or name not in expression.groupindex:
            raise _bad(f"Illegal replacement sequence: unknown group {{ {name} }}")
        return expression.groupindex[name], end + 1
    if not text[position : position + 1].isdigit():
        raise _bad("Illegal replacement sequence: " + text[position : position + 1])
    number = int(text[position])
    position += 1
    if number > expression.groups:
        raise _bad(f"Illegal replacement sequence: unknown group {number}")
    # More digits belong to the number as long as there is such a group.
    while text[position : position + 1].isdigit():
        longer = number * 10 + int(text[position])
        if longer > expression.groups:
            break
        number, position = longer, position + 1
    return number, position


def _replace(value: str, pattern: str, text: str = "") -> str:
    def fill(found: Any) -> str:
        pieces = _replacement(text, pattern)  # (only a match brings a wrong group to light)
        return "".join(p if isinstance(p, str) else (found[p] or "") for p in pieces)

    return compiled(pattern).sub(fill, value)


def _constant(expression: BoundExpression) -> str | None:
    """The text of a constant pattern, through the coercion to a regular expression."""
    while isinstance(expression, Cast):
        expression = expression.operand
    if isinstance(expression, Constant) and isinstance(expression.value, str):
        return expression.value
    return None


def _python(name: str, function: Callable[..., Any]) -> ScalarWriter:
    def write(call: Call, arguments: Sequence[str]) -> str:
        types = [_type_text(argument) for argument in call.arguments]
        return call_python(name, function, arguments, types, duckdb_type(call.type))

    return write


def _type_text(argument: BoundExpression) -> str:
    return "VARCHAR" if argument.type.base == "joniregexp" else duckdb_type(argument.type)


def _write_like(call: Call, arguments: Sequence[str]) -> str:
    pattern = _constant(call.arguments[1])
    if pattern is not None and _PLAIN.fullmatch(pattern):
        native = pattern.removesuffix("$") + r"\z" if pattern.endswith("$") else pattern
        if not pattern.endswith("\\$"):
            return f"regexp_matches({arguments[0]}, {quote_text(native)})"
    return _python("regexp_like", _like)(call, arguments)


def _write_replace(call: Call, arguments: Sequence[str]) -> str:
    if len(call.arguments) == 3 and call.arguments[2].type.base == "function":
        raise SqlError("NOT_SUPPORTED", "regexp_replace with a lambda is not supported")
    return _python("regexp_replace", _replace)(call, arguments)


SCALARS: dict[str, ScalarWriter] = {
    "regexp_like": _write_like,
    "regexp_extract": _python("regexp_extract", _extract),
    "regexp_extract_all": _python("regexp_extract_all", _extract_all),
    "regexp_count": _python("regexp_count", _count),
    "regexp_position": _python("regexp_position", _position),
    "regexp_replace": _write_replace,
    "regexp_split": _python("regexp_split", _split),
}


def _as_pattern(value: str, source: Type, target: Type) -> str:
    """A pattern is its text; it is compiled, and refused, where it is used."""
    return value


CASTS: dict[tuple[str, str], CastWriter] = {
    ("varchar", "joniregexp"): _as_pattern,
    ("char", "joniregexp"): _as_pattern,
}
