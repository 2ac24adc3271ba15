"""Errors of a statement: Trino's error name, its message, where it stands.

SqlError
└── SyntaxFault   the text is no statement of the grammar (SYNTAX_ERROR)
"""

from __future__ import annotations

from local_athena.sql.nodes import At


class SqlError(Exception):
    """A statement is refused or fails, by Trino's error name (`COLUMN_NOT_FOUND`, …).

    `str()` is the text of StateChangeReason: `NAME: line 1:8: message`.
    """

    def __init__(self, name: str, message: str, at: At | None = None) -> None:
        self.name = name
        self.message = message
        self.at = at
        where = f"line {at.line}:{at.column}: " if at else ""
        super().__init__(f"{name}: {where}{message}")


class SyntaxFault(SqlError):
    """The text is not in the grammar."""

    def __init__(self, message: str, at: At) -> None:
        super().__init__("SYNTAX_ERROR", message, at)
