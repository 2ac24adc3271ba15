"""What a statement gave: columns, rows as text, or the name of its error."""

import re
from dataclasses import dataclass

from local_athena.client import AthenaClient, StatementFailedError

RESULTS = "s3://aws-athena-query-results-local-athena-diff/results/"
_NAME = re.compile(r"[A-Z][A-Z0-9_]+(?=: )")
_PLACE = re.compile(r"line \d+:\d+: |Only one sql statement is allowed")
Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, or `error`: Trino's name, or all of a Hive DDL's message."""

    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    error: str | None = None
    message: str = ""


def run(client: AthenaClient, sql: str, database: str) -> Outcome:
    """Run a statement to its end and read all of its rows."""
    try:
        answer = client.run(sql, database, RESULTS)
        return Outcome(answer.names, answer.full_types, tuple(answer.rows))
    except StatementFailedError as error:
        return Outcome(error=error_name(str(error)), message=str(error))


def error_name(reason: str) -> str:
    """The name that a reason begins with; all of it where it begins with none."""
    if reason.startswith("FAILED: "):
        return reason
    if _PLACE.match(reason):  # StartQueryExecution refused it
        return "SYNTAX_ERROR"
    found = _NAME.match(reason)
    return found.group() if found else reason
