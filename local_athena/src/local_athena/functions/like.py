"""LIKE whose escape is not constant, by rows (a constant one is DuckDB's own)."""

from __future__ import annotations

import re

from local_athena.functions.udf import call_python
from local_athena.sql.errors import SqlError


def like_escape(value: str, pattern: str, escape: str) -> str:
    """LIKE with an escape that is not constant, by rows."""
    return call_python("like_escape", _like, [value, pattern, escape], ["VARCHAR"] * 3, "BOOLEAN")


def _like(value: str, pattern: str, escape: str) -> bool:
    if len(escape) != 1:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character")
    made, index = "", 0
    while index < len(pattern):
        character = pattern[index]
        if character == escape:
            index += 1
            if index >= len(pattern) or pattern[index] not in ("%", "_", escape):
                raise SqlError(
                    "INVALID_FUNCTION_ARGUMENT",
                    "Escape character must be followed by '%', '_' or the escape character itself",
                )
            made += re.escape(pattern[index])
        else:
            made += {"%": ".*", "_": "."}.get(character, re.escape(character))
        index += 1
    return re.fullmatch(made, value, re.DOTALL) is not None
