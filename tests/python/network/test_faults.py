"""A real fault proxy between landing and each kind of source: `make network`.

Every fault ends in the rows that the source has, counted without our extraction, or in the
breaker's open state; and always within a bound that follows from the declared limits, which are
short here (`LIMITS`).
"""

from __future__ import annotations

import gzip
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import psycopg
import pytest
import tenacity.nap

import lakehouse.contracts.lake as lake_module
import lakehouse.landing.extract_kafka as extract_kafka
import lakehouse.landing.extract_postgres as extract_postgres
import lakehouse.landing.rest_calls as rest_calls
import lakehouse.mysql_client as mysql_client
from lakehouse.backoff import retrying
from lakehouse.contracts import Lake, connect_lake
from lakehouse.contracts.inventory import BreakerLimits
from lakehouse.errors import MarketplaceError, SourcePausedError, SourceUnavailableError
from lakehouse.kafka_client import Cluster
from lakehouse.landing import Manifest, Sources, land
from lakehouse.landing.asking import ask_source
from lakehouse.marketplace import World
from lakehouse.marketplace.sources import (
    EmbeddedPostgres,
    MariaDb,
    PaymentGateway,
    find_mariadb,
    load_catalogue,
    load_order_management,
    write_drops,
    write_gateway_logs,
)
from lakehouse.marketplace.sources.kafka import KafkaBroker, find_java
from lakehouse.marketplace.sources.kafka_jars import fetch_jars
from lakehouse.marketplace.sources.topic import load_order_events
from lakehouse.mysql_client import connect_mysql
from lakehouse.settings import Settings
from lakehouse.transience import is_transient
from tests.python.network.toxiproxy import Line, NoGoError, Toxiproxy, build

pytestmark = pytest.mark.network

WORLD = World(scale=0.002)
DAY = WORLD.first_day
LIMITS = {"connect": 2.0, "silence": 1.0, "tries": 3, "rest_tries": 6, "failures": 2}
BUSY = 15.0
"""Seconds that landing itself may take on a busy machine, without any fault."""


@dataclass(frozen=True)
class Road:
    """A feed whose source stands behind a line; `count` is what the source has of it."""

    feed: str
    line: Line
    sources: Sources
    count: int


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toxiproxy]:
    try:
        program = build()
    except NoGoError as error:
        pytest.skip(str(error))
    proxy = Toxiproxy(program, tmp_path_factory.mktemp("toxiproxy"))
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def postgres(proxy: Toxiproxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("pg") / "data") as server, ExitStack() as stack:
        load_order_management(WORLD, WORLD.first, server.url)
        with psycopg.connect(server.url) as connection:
            row = connection.execute("select count(*) from orders").fetchone()
        folder = psycopg.conninfo.conninfo_to_dict(server.url)["host"]
        line = proxy.put_before("postgres", relay(f"{folder}/.s.PGSQL.5432", stack))
        url = f"postgresql://postgres@127.0.0.1:{line.port}/postgres"
        yield Road("orders", line, Sources(postgres_url=url), row[0] if row else 0)


@pytest.fixture(scope="module")
def mysql(proxy: Toxiproxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    if find_mariadb() is None:
        pytest.skip("MariaDB is not installed (Debian: apt-get install mariadb-server)")
    with MariaDb(tmp_path_factory.mktemp("mariadb")) as server:
        load_catalogue(WORLD, WORLD.first, server.url)
        with connect_mysql(server.url) as connection, connection.cursor() as cursor:
            cursor.execute("select count(*) from products")
            ((count,),) = cursor.fetchall()
        upstream = int(server.url.rpartition(":")[2].partition("/")[0])
        line = proxy.put_before("mysql", upstream)
        url = server.url.replace(f":{upstream}/", f":{line.port}/")
        yield Road("products", line, Sources(mysql_url=url), count)


@pytest.fixture(scope="module")
def rest(proxy: Toxiproxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    logs = tmp_path_factory.mktemp("logs")
    write_gateway_logs(WORLD, WORLD.first, logs)
    count = len((logs / "payments" / f"{DAY}.jsonl").read_bytes().splitlines())
    with PaymentGateway(logs, str(DAY)) as gateway:
        line = proxy.put_before("rest", int(gateway.url.rpartition(":")[2]))
        url = f"http://127.0.0.1:{line.port}"
        login = replace(gateway.credentials, token_url=f"{url}/oauth/token")
        yield Road("payments", line, Sources(payments_url=url, payments_login=login), count)


@pytest.fixture(scope="module")
def kafka(proxy: Toxiproxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    try:
        find_java()
        jars = fetch_jars(os.environ, print)
    except MarketplaceError as error:
        pytest.skip(f"no Kafka broker: {error}")
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            ports.append(probe.getsockname()[1])
    line = proxy.put_before("kafka", ports[0], ports[1])
    with KafkaBroker(tmp_path_factory.mktemp("kafka"), jars, ports[0], line.port):
        cluster = Cluster(f"127.0.0.1:{line.port}")
        load_order_events(WORLD, WORLD.first, cluster)
        drop = tmp_path_factory.mktemp("drop")
        write_drops(WORLD, WORLD.first, drop)
        lines = (drop / "order_events" / str(DAY) / "order_events.jsonl").read_bytes().splitlines()
        once = [line for n, line in enumerate(lines) if n == 0 or line != lines[n - 1]]
        yield Road("order_events", line, Sources(kafka=cluster), len(once))


def relay(path: str, stack: ExitStack) -> int:
    """A port that leads to a socket of this machine: the proxy knows no other kind."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def carry(one: socket.socket, other: socket.socket) -> None:
        with one, other, suppress(OSError):
            pairs = {one: other, other: one}
            while True:
                for ready in select.select([one, other], [], [])[0]:
                    block = ready.recv(65_536)
                    if not block:
                        return
                    pairs[ready].sendall(block)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(path)
                threading.Thread(target=carry, args=(client, server), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    stack.callback(listener.shutdown, socket.SHUT_RDWR)
    return int(listener.getsockname()[1])


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of a second or two in place of minutes."""
    monkeypatch.setattr(extract_postgres, "_CONNECT_SECONDS", int(LIMITS["connect"]))
    monkeypatch.setattr(extract_postgres, "_SILENCE_SECONDS", LIMITS["silence"])
    monkeypatch.setattr(mysql_client, "_CONNECT_SECONDS", LIMITS["connect"])
    monkeypatch.setattr(mysql_client, "_SILENCE_SECONDS", LIMITS["silence"])
    monkeypatch.setattr(rest_calls, "_CONNECT_SECONDS", LIMITS["connect"])
    monkeypatch.setattr(rest_calls, "_SILENCE_SECONDS", LIMITS["silence"])
    monkeypatch.setattr(extract_kafka, "_ANSWER_SECONDS", LIMITS["connect"])
    monkeypatch.setattr(extract_kafka, "_DOWN_SECONDS", LIMITS["silence"])
    monkeypatch.setattr(extract_kafka, "IDLE_SECONDS", LIMITS["silence"])
    monkeypatch.setattr(lake_module, "_CONNECT_SECONDS", LIMITS["connect"])
    monkeypatch.setattr(lake_module, "_SILENCE_SECONDS", LIMITS["silence"])


@pytest.fixture
def between_tries(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Do something in place of each wait between two tries."""

    def install(act: Callable[[], Any]) -> None:
        def sleep(seconds: float) -> None:
            act()

        waiting = SimpleNamespace(sleep=sleep)
        monkeypatch.setitem(ask_source.__kwdefaults__, "sleep", sleep)
        monkeypatch.setitem(retrying.__kwdefaults__, "sleep", sleep)
        monkeypatch.setattr(tenacity.nap, "time", waiting)
        monkeypatch.setattr(botocore.endpoint, "time", waiting)

    return install


@pytest.fixture(params=["postgres", "mysql", "rest", "kafka"])
def road(request: pytest.FixtureRequest) -> Iterator[Road]:
    road: Road = request.getfixturevalue(request.param)
    road.line.heal()
    yield road
    road.line.heal()


def bound(road: Road) -> float:
    """Seconds that a call may take: its tries, each a connection and a silence; and the work."""
    tries = LIMITS["rest_tries"] if road.feed == "payments" else LIMITS["tries"]
    return tries * (LIMITS["connect"] + 2 * LIMITS["silence"]) + BUSY


def land_in_time(road: Road, lake: Lake, limit: float) -> Manifest:
    begun = time.monotonic()
    try:
        manifest = land(road.feed, DAY, road.sources, lake)
    finally:
        assert time.monotonic() - begun < limit
    assert isinstance(manifest, Manifest)
    return manifest


SLOW = {
    "latency": {"latency": 150, "jitter": 50},
    "bandwidth": {"rate": 200},
    "slow_close": {"delay": 400},
    "slicer": {"average_size": 200, "size_variation": 100, "delay": 100},
}
PASSING: dict[str, tuple[str, dict[str, int]]] = {
    "reset": ("reset_peer", {"timeout": 0}),
    "half_open": ("timeout", {"timeout": 0}),
    "cut_in_mid_stream": ("limit_data", {"bytes": 3_000}),
}
STAYING = {name: PASSING[name] for name in ("reset", "half_open")}


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("kind", SLOW)
def test_land__line_that_is_slow__brings_every_row(road: Road, lake: Lake, kind: str) -> None:
    road.line.spoil(kind, **SLOW[kind])
    assert land_in_time(road, lake, bound(road)).read_count == road.count


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", PASSING)
def test_land__fault_that_passes__brings_every_row_by_another_try(
    road: Road, lake: Lake, between_tries: Callable[..., None], name: str
) -> None:
    healed: list[bool] = []
    between_tries(lambda: (healed.append(True), road.line.heal()))
    kind, attributes = PASSING[name]
    road.line.spoil(kind, **attributes)
    assert land_in_time(road, lake, bound(road)).read_count == road.count
    assert healed or road.feed == "order_events"  # Kafka's client tries again by itself


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", STAYING)
def test_land__fault_that_stays__opens_the_breaker_in_time(
    road: Road, lake: Lake, between_tries: Callable[..., None], name: str
) -> None:
    between_tries(lambda: None)
    limits = BreakerLimits(int(LIMITS["failures"]), open_seconds=600, probe_seconds=60)
    patient = replace(lake, inventory=replace(lake.inventory, breakers={"default": limits}))
    kind, attributes = STAYING[name]
    road.line.spoil(kind, **attributes)
    for _ in range(limits.failures):
        with pytest.raises(SourceUnavailableError):
            land_in_time(road, patient, bound(road))
    with pytest.raises(SourcePausedError):
        land_in_time(road, patient, BUSY)


@pytest.fixture
def bucket(
    proxy: Toxiproxy, lake: Lake, short: None, tmp_path: Path
) -> Iterator[tuple[Road, Lake]]:
    """Reviews in a folder, and a lake whose S3 stands behind a line."""
    write_drops(WORLD, WORLD.first, tmp_path)
    packed = (tmp_path / "reviews" / str(DAY) / "reviews.jsonl.gz").read_bytes()
    count = len(gzip.decompress(packed).splitlines())
    settings = Settings.from_env()
    upstream = int((settings.endpoint_url or "").rpartition(":")[2])
    line = proxy.put_before(f"s3-{time.monotonic_ns()}", upstream)
    behind = connect_lake(replace(settings, endpoint_url=f"http://127.0.0.1:{line.port}"))
    yield Road("reviews", line, Sources(drop_dir=tmp_path), count), behind
    line.heal()


@pytest.mark.parametrize("kind", SLOW)
def test_land__lake_that_is_slow__takes_every_row(bucket: tuple[Road, Lake], kind: str) -> None:
    road, behind = bucket
    road.line.spoil(kind, **SLOW[kind])
    # Some thirty calls a batch, each with the toxic's own delay.
    assert land_in_time(road, behind, bound(road) + 30).read_count == road.count


@pytest.mark.parametrize("name", PASSING)
def test_land__lake_whose_fault_passes__takes_every_row(
    bucket: tuple[Road, Lake], between_tries: Callable[..., None], name: str
) -> None:
    road, behind = bucket
    between_tries(road.line.heal)
    kind, attributes = PASSING[name]
    road.line.spoil(kind, **attributes)
    assert land_in_time(road, behind, bound(road)).read_count == road.count


@pytest.mark.parametrize("name", STAYING)
def test_land__lake_whose_fault_stays__ends_in_time_with_what_may_pass(
    bucket: tuple[Road, Lake], between_tries: Callable[..., None], name: str
) -> None:
    road, behind = bucket
    between_tries(lambda: None)
    kind, attributes = STAYING[name]
    road.line.spoil(kind, **attributes)
    begun = time.monotonic()
    with pytest.raises(Exception) as caught:
        land(road.feed, DAY, road.sources, behind)
    assert time.monotonic() - begun < bound(road)
    assert is_transient(caught.value)
