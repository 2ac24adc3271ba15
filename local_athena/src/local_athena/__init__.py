"""A local Amazon Athena: Trino's SQL over real Iceberg and Parquet files, on one loopback port.

with local_athena.serve("data") as endpoint:
    client = boto3.client("athena", endpoint_url=endpoint.url, ...)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_athena.server import Endpoint, serve

__all__ = ["Endpoint", "serve"]


def __getattr__(name: str) -> Any:
    """Load the server when it is first asked for: the command line starts faster without it."""
    if name in __all__:
        from local_athena import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
