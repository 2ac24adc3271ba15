"""Regular expressions: `regexp_*`, by Joni's rules on the `regex` package.

A constant pattern that is plain in RE2 and in Joni alike (`re2_patterns`) runs in DuckDB, some ten
times faster, all others in Python. Replacements have `$1`, `${name}` and `\\` as an escape.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from local_athena.functions.joni import translate_joni
from local_athena.functions.lambdas import bind, parameters
from local_athena.functions.re2_patterns import FirstMatch, re2_first, re2_pattern
from local_athena.functions.registry import CastWriter, ScalarWriter
from local_athena.functions.text import constant_text, let
from local_athena.functions.udf import call_python
from local_athena.sql.bound import BoundExpression, Call, Constant, LambdaOf
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type, quote_text
from local_athena.sql.types import Type

MATCH_SECONDS = 5.0
_MOST_GROUPS = 9
"""Groups that DuckDB's functions tell apart."""
_PLAIN = re.compile(
    r"\^?(?:[A-Za-z0-9 _@#%&=:;,<>/!\"'~`-]|\\[.d\-+*?()\[\]{}|^$/\\]"
    r"|\[\^?[A-Za-z0-9_@#%=:;,/ .+-]+\]"
    r"|[*+?](?![*+?])|\{\d{1,3}(?:,\d{0,3})?\}(?![*+?]))*\$?"
)


def _bad(message: str) -> SqlError:
    return SqlError("INVALID_FUNCTION_ARGUMENT", message)


def too_slow() -> SqlError:
    """A search took more than MATCH_SECONDS."""
    return SqlError(
        "EXCEEDED_TIME_LIMIT",
        f"The regular expression takes more than {MATCH_SECONDS:.0f} seconds for one value",
    )


class Expression:
    """A pattern whose matches in one text are found within MATCH_SECONDS, or not at all.

    A search with much backtracking takes for ever, and nothing can interrupt it. One that took too
    long is not tried again at once: DuckDB asks several times for the value of a constant.
    """

    __slots__ = ("_endless", "_pattern", "groups", "names")

    def __init__(self, pattern: Any, groups: int, names: dict[str, int]) -> None:
        self._pattern = pattern
        self._endless: str | None = None
        self.groups = groups
        self.names = names

    def search(self, value: str) -> Any:
        """The first match, or None."""
        return next(self.matches(value), None)

    def matches(self, value: str, start: int = 0) -> Iterator[Any]:
        """The matches, each searched behind the one before, an empty one's next character left."""
        if value == self._endless:
            raise too_slow()
        end = time.monotonic() + MATCH_SECONDS
        while start <= len(value):
            try:
                left = max(end - time.monotonic(), 0.001)
                found = self._pattern.search(value, start, timeout=left)
            except TimeoutError:
                self._endless = value
                raise too_slow() from None
            if found is None:
                return
            yield found
            start = found.end() + (found.start() == found.end())


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Expression:
    """The pattern, ready to search.

    Raises:
        SqlError: INVALID_FUNCTION_ARGUMENT for what Joni refuses, NOT_SUPPORTED.
    """
    import regex

    joni = translate_joni(pattern)
    try:
        return Expression(regex.compile(joni.text, regex.VERSION1), joni.groups, joni.names)
    except regex.error as error:
        raise SqlError("NOT_SUPPORTED", f"Regular expression {pattern!r}: {error}") from None


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
    return [found[number] for found in expression.matches(value)]


def _count(value: str, pattern: str) -> int:
    return sum(1 for _ in compiled(pattern).matches(value))


def _split(value: str, pattern: str) -> list[str]:
    pieces, start = [], 0
    for found in compiled(pattern).matches(value):
        pieces.append(value[start : found.start()])
        start = found.end()
    return [*pieces, value[start:]]


def _position(value: str, pattern: str, start: int = 1, occurrence: int = 1) -> int:
    if start < 1:
        raise _bad("start position cannot be smaller than 1")
    if occurrence < 1:
        raise _bad("occurrence cannot be smaller than 1")
    if start > len(value):
        return -1
    for number, found in enumerate(compiled(pattern).matches(value, start - 1), start=1):
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


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _group_reference(text: str, position: int, expression: Any) -> tuple[int, int]:
    if text[position : position + 1] == "{":
        end = text.find("}", position)
        name = text[position + 1 : end]
        if end < 0 or name not in expression.names:
            raise _bad(f"Illegal replacement sequence: unknown group {{ {name} }}")
        return expression.names[name], end + 1
    if not _is_digit(text[position : position + 1]):
        raise _bad("Illegal replacement sequence: " + text[position : position + 1])
    number = int(text[position])
    position += 1
    if number > expression.groups:
        raise _bad(f"Illegal replacement sequence: unknown group {number}")
    # More digits belong to the number as long as there is such a group.
    while _is_digit(text[position : position + 1]):
        longer = number * 10 + int(text[position])
        if longer > expression.groups:
            break
        number, position = longer, position + 1
    return number, position


def _replace(value: str, pattern: str, text: str = "") -> str:
    pieces, start = [], 0
    for found in compiled(pattern).matches(value):
        pieces.append(value[start : found.start()])
        parts = _replacement(text, pattern)  # (only a match brings a wrong group to light)
        pieces += (part if isinstance(part, str) else found[part] or "" for part in parts)
        start = found.end()
    return "".join([*pieces, value[start:]])


def _parts(value: str, pattern: str) -> dict[str, Any]:
    """The texts around the matches, one more than these, and the groups of each match."""
    texts, groups, start = [], [], 0
    for found in compiled(pattern).matches(value):
        texts.append(value[start : found.start()])
        groups.append(list(found.groups()))
        start = found.end()
    return {"texts": [*texts, value[start:]], "groups": groups}


def _python(name: str, function: Callable[..., Any]) -> ScalarWriter:
    def write(call: Call, arguments: Sequence[str]) -> str:
        types = [_type_text(argument) for argument in call.arguments]
        return call_python(name, function, arguments, types, duckdb_type(call.type))

    return write


def _type_text(argument: BoundExpression) -> str:
    return "VARCHAR" if argument.type.base == "joniregexp" else duckdb_type(argument.type)


def _is_pattern(text: str) -> bool:
    try:
        translate_joni(text)
    except SqlError:
        return False
    return True


def _write_like(call: Call, arguments: Sequence[str]) -> str:
    pattern = constant_text(call.arguments[1])
    if pattern is not None and _PLAIN.fullmatch(pattern) and _is_pattern(pattern):
        native = pattern.removesuffix("$") + r"\n?\z" if pattern.endswith("$") else pattern
        if not pattern.endswith("\\$"):
            return f"regexp_matches({arguments[0]}, {quote_text(native)})"
    first = None if pattern is None or not _is_pattern(pattern) else re2_first(pattern)
    if first is not None:
        return f"regexp_matches({arguments[0]}, {quote_text(first.text)})"
    return _python("regexp_like", _like)(call, arguments)


def _native(call: Call) -> str | None:
    """A call's pattern as an SQL text of RE2; None where DuckDB may not match it."""
    pattern = constant_text(call.arguments[1])
    written = None if pattern is None else re2_pattern(pattern)
    if pattern is None or written is None or not _is_pattern(pattern):
        return None
    # (what matches the empty text is matched there in another number of places)
    return None if _like("", pattern) else quote_text(written)


def _first(call: Call) -> FirstMatch | None:
    """A call's pattern as RE2 finds its first match; None where DuckDB may not match it."""
    pattern = constant_text(call.arguments[1])
    first = None if pattern is None or not _is_pattern(pattern) else re2_first(pattern)
    return None if first is None or 0 in first.may_be_empty else first


def _native_group(call: Call) -> int | None:
    """The group that a call asks for, where it is known and there."""
    if len(call.arguments) == 2:
        return 0
    group = call.arguments[2]
    if not isinstance(group, Constant) or not isinstance(group.value, int):
        return None
    pattern = constant_text(call.arguments[1]) or ""
    return group.value if 0 <= group.value <= min(compiled(pattern).groups, _MOST_GROUPS) else None


def _write_extract(call: Call, arguments: Sequence[str]) -> str:
    first = _first(call)
    group = None if first is None else _native_group(call)
    if first is None or group is None or group + first.shift > _MOST_GROUPS:
        return _python("regexp_extract", _extract)(call, arguments)
    pattern = quote_text(first.text)

    def found(value: str) -> str:
        return f"regexp_extract({value}, {pattern}, {group + first.shift})"

    if group not in first.may_be_empty:  # (then the empty text says that nothing matches)
        return f"nullif({found(arguments[0])}, '')"
    return let(
        [arguments[0]],
        lambda value: f"(CASE WHEN regexp_matches({value}, {pattern}) THEN {found(value)} END)",
    )


def _write_extract_all(call: Call, arguments: Sequence[str]) -> str:
    pattern = _native(call)
    group = None if pattern is None else _native_group(call)
    if group is None:
        return _python("regexp_extract_all", _extract_all)(call, arguments)
    return f"regexp_extract_all({arguments[0]}, {pattern}, {group})"


def _write_count(call: Call, arguments: Sequence[str]) -> str:
    pattern = _native(call)
    if pattern is None:
        return _python("regexp_count", _count)(call, arguments)
    return f"len(regexp_extract_all({arguments[0]}, {pattern}))"


def _native_replacement(call: Call) -> str | None:
    """A constant replacement as RE2 writes it."""
    text = constant_text(call.arguments[2]) if len(call.arguments) == 3 else ""
    pattern = constant_text(call.arguments[1])
    if text is None or pattern is None:
        return None
    try:
        parts = _replacement(text, pattern)
    except SqlError:  # only a match brings it to light
        return None
    if any(isinstance(part, int) and part > 9 for part in parts):
        return None
    written = [f"\\{p}" if isinstance(p, int) else p.replace("\\", "\\\\") for p in parts]
    return quote_text("".join(written))


def _write_replace(call: Call, arguments: Sequence[str]) -> str:
    if len(call.arguments) == 3 and isinstance(call.arguments[2], LambdaOf):
        return _replace_by(arguments[0], arguments[1], arguments[2])
    pattern = _native(call)
    replacement = None if pattern is None else _native_replacement(call)
    if replacement is not None:
        return f"regexp_replace({arguments[0]}, {pattern}, {replacement}, 'g')"
    return _python("regexp_replace", _replace)(call, arguments)


def _replace_by(value: str, pattern: str, replacement: str) -> str:
    """Each match replaced by what a lambda makes of its groups; NULL leaves nothing."""
    groups, _, body = parameters(replacement)
    returns = "STRUCT(texts VARCHAR[], groups VARCHAR[][])"
    parts = call_python("regexp_parts", _parts, [value, pattern], ["VARCHAR"] * 2, returns)

    def joined(p: str) -> str:
        made = bind(body, {groups: f"struct_extract({p}, 'groups')[rn]"})
        each = f"COALESCE({made}, '') || struct_extract({p}, 'texts')[rn + 1]"
        numbers = f"range(1, len(struct_extract({p}, 'groups')) + 1)"
        replaced = f"list_transform({numbers}, lambda rn: {each})"
        first = f"struct_extract({p}, 'texts')[1]"
        return f"({first} || COALESCE(array_to_string({replaced}, ''), ''))"

    return let([parts], joined)


SCALARS: dict[str, ScalarWriter] = {
    "regexp_like": _write_like,
    "regexp_extract": _write_extract,
    "regexp_extract_all": _write_extract_all,
    "regexp_count": _write_count,
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
