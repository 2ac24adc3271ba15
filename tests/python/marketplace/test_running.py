"""Which source systems are started, which are used, and what is said of those that are missing."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lakehouse.marketplace.running as running
import lakehouse.marketplace.sources.kafka as kafka
import lakehouse.marketplace.sources.kafka_jars as kafka_jars
import lakehouse.marketplace.sources.mariadb as mariadb
from lakehouse.cli import cli
from lakehouse.errors import MarketplaceError
from lakehouse.marketplace import World
from lakehouse.settings import Settings


def _no_java() -> str:
    raise MarketplaceError("Java is not installed (17 or later)")


@pytest.mark.integration
@pytest.mark.parametrize("programs", [(), ("mariadbd",), ("mariadb-install-db",)])
def test_every_source__machine_without_all_of_mariadb_and_java__says_so_and_gives_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: tuple[str, ...]
) -> None:
    for name in programs:
        (tmp_path / name).touch(0o700)
    monkeypatch.setattr(mariadb, "_search_path", lambda: str(tmp_path))
    monkeypatch.setattr(kafka, "find_java", _no_java)
    settings = Settings.from_env({"LAKEHOUSE_SOURCES_DIR": str(tmp_path)})
    said: list[str] = []
    with running.every_source(World(scale=0.002), settings, {}, said.append) as sources:
        variables = sources.variables()
        assert sources.names() == ["PostgreSQL", "drop folder", "payment service"]
    assert len(said) == 2
    assert "the catalogue comes as files: install it (Debian: apt-get install" in said[0]
    assert "no Kafka here, order events come as files: Java is not installed" in said[1]
    assert set(variables) == {
        "LAKEHOUSE_POSTGRES_URL",
        "LAKEHOUSE_DROP_DIR",
        "LAKEHOUSE_PAYMENTS_URL",
        "LAKEHOUSE_PAYMENTS_TOKEN_URL",
        "LAKEHOUSE_PAYMENTS_CLIENT_ID",
        "LAKEHOUSE_PAYMENTS_CLIENT_SECRET",
    }
    assert Settings.from_env(variables).payments_login is not None


def test_sources_advance__without_a_marketplace__says_where_its_variables_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LAKEHOUSE_WORLD_SEED", raising=False)
    result = CliRunner().invoke(cli, ["sources", "advance", "--date", "2026-06-01"])
    assert result.exit_code == 2
    assert "LAKEHOUSE_WORLD_SEED is not set: take the variables that" in result.output


def test_sources_run__drop_that_is_no_bucket__is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["sources", "run", "--drop-to", str(tmp_path)])
    assert result.exit_code == 2
    assert "it must begin with s3://" in result.output


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A Maven repository with one jar, as the environment names it; and a list of that jar."""
    jar = tmp_path / "remote" / "org" / "example" / "kafka_2.13" / "1" / "kafka_2.13-1.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"a jar")
    found = tmp_path / "list.txt"
    sha = hashlib.sha256(b"a jar").hexdigest()
    found.write_text(f"# a list\n{sha} org.example kafka_2.13 1\n")
    monkeypatch.setattr(kafka_jars, "_LIST", found)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    handler = partial(_Quiet, directory=str(tmp_path / "remote"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield {
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "LOCAL_ATHENA_MAVEN_REPOSITORY": f"http://127.0.0.1:{server.server_port}/",
        }
        server.shutdown()


def test_fetch_jars__once__are_kept_for_the_next_time(repository: dict[str, str]) -> None:
    said: list[Any] = []
    folder = kafka_jars.fetch_jars(repository, said.append)
    assert [path.name for path in folder.iterdir()] == ["kafka_2.13-1.jar"]
    gone = {**repository, "LOCAL_ATHENA_MAVEN_REPOSITORY": "http://127.0.0.1:1/"}
    assert kafka_jars.fetch_jars(gone, said.append) == folder
    assert len(said) == 1


def test_fetch_jars__altered_on_the_way__leaves_nothing_behind(
    repository: dict[str, str], tmp_path: Path
) -> None:
    (jar,) = (tmp_path / "remote").rglob("*.jar")
    jar.write_bytes(b"another jar")
    with pytest.raises(MarketplaceError, match=r"arrived damaged: SHA-256 .* LAKEHOUSE_KAFKA_JARS"):
        kafka_jars.fetch_jars(repository, print)
    assert kafka_jars.find_jars(repository) is None


def test_read_list__the_project_s_own__names_each_jar_once() -> None:
    jars = kafka_jars.read_list()
    assert len({jar.path for jar in jars}) == len(jars) == 45
    assert json.dumps([len(jar.sha256) for jar in jars]).count("64") == 45
