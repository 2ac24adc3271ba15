"""Source systems for tests, over folders of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.marketplace.sources import MariaDb, find_mariadb
from lakehouse.marketplace.sources.kafka import JARS, KafkaBroker, find_missing


@pytest.fixture(scope="session")
def mysql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database of a MariaDB of our own; skips where the machine has no MariaDB."""
    if find_mariadb() is None:
        pytest.skip("MariaDB is not installed (Debian: apt-get install mariadb-server)")
    with MariaDb(tmp_path_factory.mktemp("mariadb")) as server:
        yield server.url


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A Kafka broker of our own; skips where Java or the jars are missing."""
    jars = os.environ.get(JARS)
    missing = find_missing(Path(jars) if jars else None)
    if missing is not None:
        pytest.skip(f"no Kafka broker: {missing}")
    with KafkaBroker(tmp_path_factory.mktemp("kafka"), Path(jars or "")) as broker:
        yield broker
