"""The source systems of the demonstration: databases, a topic, a drop folder, a REST service."""

from lakehouse.marketplace.sources.files import write_drops, write_gateway_logs
from lakehouse.marketplace.sources.gateway import PaymentGateway
from lakehouse.marketplace.sources.mariadb import MariaDb, find_mariadb
from lakehouse.marketplace.sources.mysql import load_catalogue
from lakehouse.marketplace.sources.postgres import EmbeddedPostgres, load_order_management

__all__ = [
    "EmbeddedPostgres",
    "MariaDb",
    "PaymentGateway",
    "find_mariadb",
    "load_catalogue",
    "load_order_management",
    "write_drops",
    "write_gateway_logs",
]
