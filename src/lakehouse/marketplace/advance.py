"""Move all source systems of the demonstration to the end of a business date."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from lakehouse.drop_place import S3Prefix
from lakehouse.errors import ConfigError
from lakehouse.kafka_client import BOOTSTRAP, CONFIG, Cluster
from lakehouse.marketplace.sources import (
    PaymentGateway,
    load_catalogue,
    load_order_management,
    write_drops,
    write_gateway_logs,
)
from lakehouse.marketplace.world import World
from lakehouse.oauth_client import CLIENT_ID, CLIENT_SECRET, TOKEN_URL
from lakehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the source systems are.

    postgres_url: any PostgreSQL that may be written. drop: the folder of dropped files.
    gateway_logs: the folder behind the payment service. gateway: the running service, if it runs in
    this process. mysql_url: a MySQL or MariaDB that may be written, where the catalogue has one.
    kafka: brokers with a topic that may be written, where the event store has some. drop_s3: where
    the dropped files are put as well, and taken from.
    """

    postgres_url: str
    drop: Path
    gateway_logs: Path
    gateway: PaymentGateway | None = None
    mysql_url: str | None = None
    kafka: Cluster | None = None
    drop_s3: S3Prefix | None = None

    def names(self) -> list[str]:
        """What there is, for people."""
        more = {"MySQL": self.mysql_url, "Kafka": self.kafka, "payment service": self.gateway}
        return ["PostgreSQL", "drop folder", *(name for name, it in more.items() if it)]

    def variables(self) -> dict[str, str]:
        """The environment variables by which `lakehouse` finds these sources."""
        found = {
            "LAKEHOUSE_POSTGRES_URL": self.postgres_url,
            "LAKEHOUSE_DROP_DIR": str(self.drop_s3 or self.drop),
        }
        if self.mysql_url is not None:
            found["LAKEHOUSE_MYSQL_URL"] = self.mysql_url
        if self.kafka is not None:
            found[BOOTSTRAP] = self.kafka.bootstrap
        if self.kafka is not None and self.kafka.properties is not None:
            found[CONFIG] = str(self.kafka.properties)
        if self.gateway is not None:
            client = self.gateway.credentials
            found["LAKEHOUSE_PAYMENTS_URL"] = self.gateway.url
            found[TOKEN_URL] = client.token_url
            found[CLIENT_ID] = client.client_id
            found[CLIENT_SECRET] = client.client_secret
        return found


def find_sources(settings: Settings) -> Sources:
    """The sources that the settings name, run by another process over the same folder.

    Raises:
        ConfigError: there is no LAKEHOUSE_POSTGRES_URL.
    """
    if settings.postgres_url is None:
        raise ConfigError(
            "LAKEHOUSE_POSTGRES_URL is not set: it names the database of the order management",
            variable="LAKEHOUSE_POSTGRES_URL",
        )
    folder = settings.demo_dir
    return Sources(
        settings.postgres_url,
        folder / "drop",
        folder / "gateway",
        mysql_url=settings.mysql_url,
        kafka=settings.kafka,
        drop_s3=settings.drop_dir if isinstance(settings.drop_dir, S3Prefix) else None,
    )


def advance(world: World, day: dt.date, sources: Sources) -> None:
    """Bring every source to its state at the end of ``day``; the same day again changes nothing."""
    number = world.check_day(day)
    load_order_management(world, number, sources.postgres_url)
    if sources.mysql_url is not None:
        load_catalogue(world, number, sources.mysql_url)
    if sources.kafka is not None:
        from lakehouse.marketplace.sources.topic import load_order_events

        load_order_events(world, number, sources.kafka)
    write_drops(world, number, sources.drop)
    if sources.drop_s3 is not None:
        from lakehouse.marketplace.sources.bucket import copy_drops

        copy_drops(sources.drop, day, sources.drop_s3)
    write_gateway_logs(world, number, sources.gateway_logs)
    if sources.gateway is not None:
        sources.gateway.today = day.isoformat()
