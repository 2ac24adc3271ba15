"""Pieces of DuckDB SQL that every family writes with: failing, guarding, naming a value once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any

from local_athena.functions.registry import ScalarWriter
from local_athena.sql.bound import Call, Cast, Constant
from local_athena.sql.representation import quote_text

_ATOM = re.compile(
    r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*|\(?-?[0-9.]+\)?|'[^']{0,40}'"
    r"|CAST\(('[^']{0,40}'|\(?-?[0-9.]+\)?|NULL) AS [A-Z0-9(),]+\)"
    r"|(TIMESTAMP|DATE|TIME) '[^']*'|TRUE|FALSE"
)
_SUBQUERY = re.compile(r"\bSELECT\b")
_PATTERNS = ("joniregexp", "jsonpath")
_WHOLE = ("tinyint", "smallint", "integer", "bigint")
_names = count()
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """What is written meanwhile is NULL where it would fail: a text for TRY whose failures are its
    result.

    DuckDB 1.5.5 computes TRY row by row once one of 2,048 rows fails: 8 microseconds a row, 200
    with a Python function in it.
    """
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def is_quiet() -> bool:
    """Whether a failure is to be NULL."""
    return _quiet.get()


def constant_text(expression: Any) -> str | None:
    """The value of a constant varchar, cast or not to what leaves it as it is; None otherwise."""
    longest = math.inf
    while isinstance(expression, Cast):
        if expression.type.base == "varchar":
            length = expression.type.arguments[0]
            longest = min(longest, length if isinstance(length, int) else math.inf)
        elif expression.type.base not in _PATTERNS:
            return None
        expression = expression.operand
    if not isinstance(expression, Constant) or expression.type.base != "varchar":
        return None
    value = expression.value
    return value if isinstance(value, str) and len(value) <= longest else None


def constant_number(expression: Any) -> int | None:
    """The value of a constant whole number, coerced or not; None otherwise."""
    while isinstance(expression, Cast) and expression.type.base in _WHOLE:
        expression = expression.operand
    if isinstance(expression, Constant) and expression.type.base in _WHOLE:
        return expression.value  # type: ignore[no-any-return]
    return None


def payload(name: str, message: str) -> str:
    """DuckDB text of what the session reads back as an error of Trino; `message` is SQL text."""
    return f"('TRINO:{name}:' || {message} || ':TRINO')"


def fail(name: str, message: str, type_text: str | None = None) -> str:
    """An expression that raises, lazily in CASE and seen by TRY; `message` is SQL (quote text).

    A cast that cannot work, because error() is volatile and TRY refuses it; as the index of a list
    of NULL it takes any type, and DuckDB folds it no earlier than its branch runs (a foldable
    condition of a CASE would be computed while planning).
    """
    raising = f"list_extract([NULL], CAST({payload(name, message)} AS INTEGER))"
    text = "NULL" if is_quiet() else raising
    return text if type_text is None else f"CAST({text} AS {type_text})"


def guard(condition: str, name: str, message: str, value: str) -> str:
    """`value`, but raise where the condition is true."""
    return f"(CASE WHEN {condition} THEN {fail(name, message)} ELSE {value} END)"


def fail_unless_null(texts: Sequence[str], name: str, message: str, type_text: str) -> str:
    """What raises where no argument is NULL, and is NULL otherwise; `message` is SQL text."""
    present = " AND ".join(f"{text} IS NOT NULL" for text in texts) or "TRUE"
    return f"(CASE WHEN {present} THEN {fail(name, message, type_text)} END)"


def is_atom(text: str) -> bool:
    """Whether a text is cheap to write twice: a column, a literal."""
    return _ATOM.fullmatch(text) is not None


class Made(str):
    """The text of a value made of another one, its `core`, that takes it apart for nothing.

    `let` binds the core and makes the value of its name again.
    """

    __slots__ = ("core",)
    core: str

    def of(self, core: str) -> Made:
        """The same value of another core."""
        raise NotImplementedError


def _core(text: str) -> str:
    return text.core if isinstance(text, Made) else text


def _named(text: str, name: str) -> str:
    return text.of(name) if isinstance(text, Made) else name


def let(texts: Sequence[str], body: Callable[..., str]) -> str:
    """`body(names…)` with each text computed once per row.

    Atoms stand for themselves; other texts are bound by a one-element list_transform. A subquery
    cannot stand in a lambda: where the body holds one, the texts are repeated instead. DuckDB
    prepares a lambda's body anew for every chunk of rows, so its size counts, not only what runs.
    """
    heavy = [index for index, text in enumerate(texts) if not is_atom(_core(text))]
    if not heavy:
        return body(*texts)
    variable = f"l{next(_names)}"
    names = list(texts)
    if len(heavy) == 1:
        names[heavy[0]] = _named(texts[heavy[0]], variable)
        inside = body(*names)
        if _SUBQUERY.search(inside):
            return body(*texts)
        return f"(list_transform([{_core(texts[heavy[0]])}], lambda {variable}: {inside})[1])"
    parts = []
    for position, index in enumerate(heavy):
        parts.append(f"'p{position}': {_core(texts[index])}")
        names[index] = _named(texts[index], f"{variable}.p{position}")
    packed = "{" + ", ".join(parts) + "}"
    inside = body(*names)
    if _SUBQUERY.search(inside):
        return body(*texts)
    return f"(list_transform([{packed}], lambda {variable}: {inside})[1])"


def attempted(text: str, *, quietly: bool = False) -> str:
    """NULL where the text fails; `quietly` when it was written so (see `quiet`).

    Two faults of DuckDB 1.5.5 are kept away. Where an argument of COALESCE fails and its result is
    TRY's own, rows get others' values and memory is overwritten: so a list takes the result. What
    stands twice in a query is computed once, outside of TRY: a lambda keeps it inside.
    """
    if quietly or _SUBQUERY.search(text):
        return f"TRY(([{text}])[1])"
    return f"TRY(list_transform([0], lambda l{next(_names)}: {text})[1])"


_SHORT = 160


def divided(left: str, right: str, zero: str, body: Callable[[str, str], str]) -> str:
    """`body(dividend, divisor)`, `zero` for a divisor of 0; NULL by 0 is NULL.

    A long dividend is computed once by `let`; a short one is written twice, which is cheaper.
    """

    def guarded(a: str, d: str) -> str:
        return f"(CASE WHEN {d} = 0 AND {a} IS NOT NULL THEN {zero} ELSE {body(a, d)} END)"

    if len(left) > _SHORT and not is_atom(left):
        return let([left, right], guarded)
    return let([right], lambda d: guarded(left, d))


def template(pattern: str, *, once: bool = False) -> ScalarWriter:
    """A writer from a pattern with {0}, {1}, …; `once` when it names an argument twice."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        if once:
            return let(arguments, lambda *names: "(" + pattern.format(*names) + ")")
        return "(" + pattern.format(*arguments) + ")"

    return write


def native(name: str) -> ScalarWriter:
    """A writer for a function that DuckDB has under that name with Trino's meaning."""

    def write(call: Call, arguments: Sequence[str]) -> str:
        return f"{name}({', '.join(arguments)})"

    return write


def text(value: str) -> str:
    """A quoted string (for messages)."""
    return quote_text(value)
