"""Outcomes of statements, asked of an endpoint whose lake is empty."""

from collections.abc import Callable

import pytest
from local_athena.client import AthenaClient
from local_athena.comparison.outcomes import run
from local_athena.server import Endpoint


@pytest.mark.parametrize(
    ("sql", "rows", "error"),
    [
        ("SELECT 1/2 AS x", (("0",),), None),
        ("SELECT nothing", (), "COLUMN_NOT_FOUND"),
        ("SELEC 1", (), "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", (), "SYNTAX_ERROR"),
    ],
)
def test_run__on_a_lake_without_buckets__rows_or_the_errors_name(
    start_endpoint: Callable[..., Endpoint], sql: str, rows: object, error: str | None
) -> None:
    client = AthenaClient(start_endpoint(engine_factory=None).url)
    found = run(client, sql, "default")
    client.close()
    assert (found.rows, found.error) == (rows, error)
