"""One endpoint for all client tests of a process; a database for each module."""

from collections.abc import Iterator

import pytest
from local_athena.pytest_plugin import AthenaDatabase, clean_database
from local_athena.server import Endpoint

ENDLESS = (
    "select count(*) from unnest(sequence(1, 10000)) a (x) "
    "cross join unnest(sequence(1, 10000)) b (y) cross join unnest(sequence(1, 10000)) c (z) "
    "where x + y + z = 0"
)
"""A query that runs for hours unless it is stopped."""


@pytest.fixture(scope="module")
def database(local_athena: Endpoint) -> Iterator[AthenaDatabase]:
    """A database of the module; AWS clients find the endpoint while it is there."""
    with clean_database(local_athena) as database:
        yield database


@pytest.fixture(scope="session")
def endless() -> str:
    """A query that runs for hours unless it is stopped."""
    return ENDLESS
