"""Move all source systems of the demonstration to the end of a business date."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from lakehouse.marketplace.sources import (
    PaymentGateway,
    load_catalogue,
    load_order_management,
    write_drops,
    write_gateway_logs,
)
from lakehouse.marketplace.world import World
from lakehouse.oauth_client import CLIENT_ID, CLIENT_SECRET, TOKEN_URL


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the source systems are.

    postgres_url: any PostgreSQL that may be written. drop: the folder of dropped files.
    gateway_logs: the folder behind the payment service. gateway: the running service, if it runs in
    this process. mysql_url: a MySQL or MariaDB that may be written, where the catalogue has one.
    """

    postgres_url: str
    drop: Path
    gateway_logs: Path
    gateway: PaymentGateway | None = None
    mysql_url: str | None = None

    def variables(self) -> dict[str, str]:
        """The environment variables by which `lakehouse` finds these sources."""
        found = {
            "LAKEHOUSE_POSTGRES_URL": self.postgres_url,
            "LAKEHOUSE_DROP_DIR": str(self.drop),
        }
        if self.mysql_url is not None:
            found["LAKEHOUSE_MYSQL_URL"] = self.mysql_url
        if self.gateway is not None:
            client = self.gateway.credentials
            found["LAKEHOUSE_PAYMENTS_URL"] = self.gateway.url
            found[TOKEN_URL] = client.token_url
            found[CLIENT_ID] = client.client_id
            found[CLIENT_SECRET] = client.client_secret
        return found


def advance(world: World, day: dt.date, sources: Sources) -> None:
    """Bring every source to its state at the end of ``day``; the same day again changes nothing."""
    number = world.check_day(day)
    load_order_management(world, number, sources.postgres_url)
    if sources.mysql_url is not None:
        load_catalogue(world, number, sources.mysql_url)
    write_drops(world, number, sources.drop)
    write_gateway_logs(world, number, sources.gateway_logs)
    if sources.gateway is not None:
        sources.gateway.today = day.isoformat()
