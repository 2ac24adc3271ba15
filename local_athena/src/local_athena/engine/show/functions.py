"""SHOW FUNCTIONS: the functions that the binder knows, as Trino lists them."""

import json
from functools import cache
from pathlib import Path

import local_athena.functions
from local_athena.engine.answer import TextAnswer, text_column
from local_athena.sql import nodes

_FILE = Path(local_athena.functions.__file__).parent / "signatures.jsonl"
_COLUMNS = ("Function", "Return Type", "Argument Types", "Function Type", "Deterministic")


def show_functions(statement: nodes.Show) -> TextAnswer:
    """Name, result type, argument types, kind and determinism of each overload.

    LIKE takes `%` and `_`.
    """
    rows = [row for row in _rows() if statement.pattern is None or _like(row[0], statement.pattern)]
    return TextAnswer(tuple(text_column(name) for name in _COLUMNS), rows)


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    with _FILE.open(encoding="utf-8") as file:
        signatures = [json.loads(line) for line in file if line.strip()]
    return tuple(
        (
            one["name"],
            one["returns"],
            one["arguments"],
            one["kind"],
            "true" if one["deterministic"] else "false",
        )
        for one in signatures
    )


def _like(name: str, pattern: str) -> bool:
    """SQL's LIKE, by trying every place for each `%`."""
    if not pattern:
        return not name
    if pattern[0] == "%":
        return any(_like(name[index:], pattern[1:]) for index in range(len(name) + 1))
    return bool(name) and pattern[0] in ("_", name[0]) and _like(name[1:], pattern[1:])
