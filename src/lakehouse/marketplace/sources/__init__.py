"""The source systems of the demonstration: a database, a drop folder, a REST service."""

from lakehouse.marketplace.sources.files import write_drops, write_gateway_logs
from lakehouse.marketplace.sources.gateway import PaymentGateway
from lakehouse.marketplace.sources.postgres import EmbeddedPostgres, load_order_management

__all__ = [
    "EmbeddedPostgres",
    "PaymentGateway",
    "load_order_management",
    "write_drops",
    "write_gateway_logs",
]
