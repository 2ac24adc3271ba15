"""The demonstration's source systems, running: what the demonstration and a DAG both start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lakehouse.drop_place import S3Prefix
from lakehouse.errors import MarketplaceError
from lakehouse.kafka_client import Cluster
from lakehouse.marketplace.advance import Sources
from lakehouse.marketplace.sources import (
    EmbeddedPostgres,
    MariaDb,
    PaymentGateway,
    find_mariadb,
)
from lakehouse.marketplace.sources.gateway_faults import Fault
from lakehouse.marketplace.world import World
from lakehouse.settings import Settings

_WORLD = "world.txt"
_ALWAYS = "9999-12-31"


@contextmanager
def running_sources(
    world: World,
    folder: Path,
    postgres_url: str | None = None,
    *,
    mysql_url: str | None = None,
    kafka: Cluster | None = None,
    faults: Sequence[Fault] = (),
    drop_s3: S3Prefix | None = None,
) -> Iterator[Sources]:
    """Start the sources of ``world`` over ``folder``, and stop them at the end.

    ``postgres_url`` names a PostgreSQL to use instead of an embedded one. ``mysql_url`` and
    ``kafka`` are filled where they are given; their feeds come as files too. Files are
    put into ``drop_s3`` as well where it is given. The payment service runs in this process, with
    ``faults``, and shows what ``advance`` last moved it to (at first, the first business date).

    Raises:
        MarketplaceError: the folder holds another marketplace, or a server does not start.
    """
    _claim(world, folder)
    with ExitStack() as stack:
        url = postgres_url or stack.enter_context(EmbeddedPostgres(folder / "postgres")).url
        logs = folder / "gateway"
        service = PaymentGateway(logs, world.first_day.isoformat(), faults=faults)
        gateway = stack.enter_context(service)
        yield Sources(url, folder / "drop", logs, gateway, mysql_url, kafka, drop_s3)


@contextmanager
def every_source(
    world: World,
    settings: Settings,
    environ: Mapping[str, str],
    say: Callable[[str], object],
    faults: Sequence[Fault] = (),
    drop_s3: S3Prefix | None = None,
) -> Iterator[Sources]:
    """Start each system that this machine has the programs for, over ``settings.demo_dir``.

    Systems whose addresses are set are used and not started. ``say`` gets a line for what is
    missing, whose feeds then come as files. The payment service shows all that its logs have, so
    that another process may move the sources on.

    Raises:
        MarketplaceError: as ``running_sources`` does.
    """
    folder = settings.demo_dir
    _claim(world, folder)
    with ExitStack() as stack:
        mysql_url = settings.mysql_url or _start_mariadb(folder / "mariadb", stack, say)
        kafka = settings.kafka or _start_kafka(folder / "kafka", environ, stack, say)
        sources = stack.enter_context(
            running_sources(
                world,
                folder,
                settings.postgres_url,
                mysql_url=mysql_url,
                kafka=kafka,
                faults=faults,
                drop_s3=drop_s3,
            )
        )
        if sources.gateway is not None:
            sources.gateway.today = _ALWAYS
        yield sources


def _start_mariadb(data: Path, stack: ExitStack, say: Callable[[str], object]) -> str | None:
    if find_mariadb() is None:
        say(
            "no MariaDB here, or not all of it, the catalogue comes as files: install it (Debian: "
            "apt-get install mariadb-server), or name any MySQL by LAKEHOUSE_MYSQL_URL"
        )
        return None
    return stack.enter_context(MariaDb(data)).url


def _start_kafka(
    data: Path, environ: Mapping[str, str], stack: ExitStack, say: Callable[[str], object]
) -> Cluster | None:
    # The client of Kafka is slow to import.
    from lakehouse.marketplace.sources.kafka import KafkaBroker, find_java
    from lakehouse.marketplace.sources.kafka_jars import fetch_jars

    try:
        find_java()
        jars = fetch_jars(environ, say)
    except MarketplaceError as error:
        say(
            f"no Kafka here, order events come as files: {error}; or name any brokers by "
            "LAKEHOUSE_KAFKA_BOOTSTRAP"
        )
        return None
    return Cluster(stack.enter_context(KafkaBroker(data, jars)).bootstrap)


def _claim(world: World, folder: Path) -> None:
    """Mark the folder as this world's; files of two worlds must not mix."""
    mark = folder / _WORLD
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not mark.exists():
            mark.write_text(repr(world) + "\n", encoding="utf-8")
        found = mark.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise MarketplaceError(
            f"{folder} cannot be used for the source systems: {error.strerror}; make it writable, "
            "or set LAKEHOUSE_SOURCES_DIR to another folder"
        ) from error
    if found != repr(world):
        raise MarketplaceError(
            f"{folder} holds another marketplace ({found.split(', rates')[0]})): remove it (`make "
            "clean` also removes the lake), or set LAKEHOUSE_SOURCES_DIR to another folder"
        )
