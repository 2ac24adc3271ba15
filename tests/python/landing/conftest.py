"""Source systems for tests, over folders of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lakehouse.marketplace.sources import MariaDb, find_mariadb


@pytest.fixture(scope="session")
def mysql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database of a MariaDB of our own; skips where the machine has no MariaDB."""
    if find_mariadb() is None:
        pytest.skip("MariaDB is not installed (Debian: apt-get install mariadb-server)")
    with MariaDb(tmp_path_factory.mktemp("mariadb")) as server:
        yield server.url
