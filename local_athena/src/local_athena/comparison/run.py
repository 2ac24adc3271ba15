"""The two ways to compare: statement by statement, or by what a command left behind."""

import os
from collections.abc import Callable, Iterator, Sequence

from local_athena.client import AthenaClient
from local_athena.comparison.differences import differences, is_ordered
from local_athena.comparison.lakes import failure_differences, table_differences
from local_athena.comparison.outcomes import run
from local_athena.server import Endpoint
from local_athena.sql.statements import split_statements

Lakes = tuple[Endpoint, Endpoint]
Run = Callable[[tuple[str, ...], dict[str, str]], int]


def compare_statements(lakes: Lakes, text: str, database: str) -> Iterator[str]:
    """A line for each difference of each statement of a text."""
    clients = [_client(lake) for lake in lakes]
    for number, sql in enumerate(split_statements(text), start=1):
        ours, theirs = (run(client, sql, database) for client in clients)
        for found in differences(ours, theirs, is_ordered(sql)):
            yield f"statement {number}: {found}\n    {' '.join(sql.split())[:200]}"


def compare_command(
    lakes: Lakes,
    command: tuple[str, ...],
    ignored: Sequence[str],
    run_command: Run,
    say: Callable[[str], object],
) -> Iterator[str]:
    """A line for each difference after a command ran against each endpoint in turn.

    `say` is told how much was compared.
    """
    statuses = [run_command(command, {**os.environ, **lake.environ}) for lake in lakes]
    if statuses[0] != statuses[1]:
        yield f"exit status: {statuses[0]} | {statuses[1]}"
    embedded, trino = (_client(lake) for lake in lakes)
    for failed in failure_differences(embedded, trino):
        yield f"failed statement: {failed}"
    tables = rows = 0
    for name, count, found in table_differences(embedded, trino, ignored):
        tables, rows = tables + 1, rows + count
        for text in found:
            yield f"{name}: {text}"
    say(f"compared {tables} tables and views with {rows:,} rows")


def _client(lake: Endpoint) -> AthenaClient:
    return AthenaClient(lake.url)
