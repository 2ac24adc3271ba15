"""Errors of a statement: Trino's error name, its message, where it stands.

SqlError
├── NotAthena             a statement of Trino that Athena does not take (NOT_SUPPORTED)
└── SyntaxFault           the text is no statement of the grammar (SYNTAX_ERROR)
    ├── DdlFault          the same of Hive's DDL, in Hive's words
    └── SeveralStatements more than one statement
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


class NotAthena(SqlError):  # noqa: N818 (its siblings name causes)
    """A kind of statement that Trino has and Athena does not take."""

    def __init__(self, at: At) -> None:
        super().__init__("NOT_SUPPORTED", "Queries of this type are not supported", at)


class SyntaxFault(SqlError):  # noqa: N818 (its siblings name causes, not errors)
    """The text is not in the grammar."""

    def __init__(self, message: str, at: At) -> None:
        super().__init__("SYNTAX_ERROR", message, at)


class DdlFault(SyntaxFault):
    """The text is not in Hive's DDL grammar; `str()` has Hive's form, its columns from 0."""

    def __init__(self, message: str, at: At) -> None:
        super().__init__(message, at)
        self.args = (f"FAILED: ParseException line {at.line}:{at.column - 1} {message}",)


class SeveralStatements(SyntaxFault):
    """The text holds more than one statement."""

    def __init__(self, text: str, at: At) -> None:
        super().__init__(f"Only one sql statement is allowed. Got: {text}", at)
