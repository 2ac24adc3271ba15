"""The demonstration's source systems, running: what the demonstration and a DAG both start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.advance import Sources
from lakehouse.marketplace.sources import EmbeddedPostgres, PaymentGateway
from lakehouse.marketplace.world import World

_WORLD = "world.txt"


@contextmanager
def running_sources(
    world: World, folder: Path, postgres_url: str | None = None
) -> Iterator[Sources]:
    """Start the sources of ``world`` over ``folder``, and stop them at the end.

    ``postgres_url`` names a PostgreSQL to use instead of an embedded one. The payment service runs
    in this process and shows what ``advance`` last moved it to (at first, the first business date).

    Raises:
        MarketplaceError: the folder holds another marketplace, or a server does not start.
    """
    _claim(world, folder)
    with ExitStack() as stack:
        url = postgres_url or stack.enter_context(EmbeddedPostgres(folder / "postgres")).url
        logs = folder / "gateway"
        gateway = stack.enter_context(PaymentGateway(logs, world.first_day.isoformat()))
        yield Sources(url, folder / "drop", logs, gateway)


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
