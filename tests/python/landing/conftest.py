"""Source systems for tests, over folders of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.sources import MariaDb, find_mariadb
from lakehouse.marketplace.sources.kafka import KafkaBroker, find_java
from lakehouse.marketplace.sources.kafka_jars import fetch_jars


@pytest.fixture(scope="session")
def mysql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database of a MariaDB of our own; skips where the machine has no MariaDB."""
    if find_mariadb() is None:
        pytest.skip("MariaDB is not installed (Debian: apt-get install mariadb-server)")
    with MariaDb(tmp_path_factory.mktemp("mariadb")) as server:
        yield server.url


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """The jars of a Kafka broker; skips where Java or they are missing."""
    try:
        find_java()
        return fetch_jars(os.environ, lambda text: None)
    except MarketplaceError as error:
        pytest.skip(f"no Kafka broker: {error}")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[KafkaBroker]:
    """A Kafka broker of our own, for topics that no other test uses."""
    with KafkaBroker(tmp_path_factory.mktemp("kafka"), kafka_jars) as broker:
        yield broker
