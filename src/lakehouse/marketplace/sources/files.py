"""Files that the sources drop, and the log behind the payment service.

``<drop>/<feed>/<date>/<feed>.<form>``: CSV for products, sellers, category_translations and, on its
days, geolocation; lines of JSON for reviews (gzip) and order_events; Parquet for marketing_leads.
``<logs>/<feed>/<date>.jsonl`` holds what the payment gateway's log of payments, and that of
exchange_rates, gained on the business date. A file appears whole or not at all, and is left alone
once it is there: its bytes are a function of the world and the date.
"""

import contextlib
import io
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.catalogue_feeds import (
    product_snapshot,
    seller_snapshot,
    translation_snapshot,
)
from lakehouse.marketplace.deliveries import (
    event_file,
    lead_file,
    payment_log,
    rate_log,
    review_file,
)
from lakehouse.marketplace.postal_feed import ENCODING, postal_file
from lakehouse.marketplace.postal_points import delivered_on
from lakehouse.marketplace.world import World, day_date


def write_drops(world: World, day: int, drop: Path) -> None:
    """Drop the files of the business date ``day``."""
    files: dict[str, Callable[[], Iterable[bytes]]] = {
        "products.csv": lambda: [product_snapshot(world, day).encode()],
        "sellers.csv": lambda: [seller_snapshot(world, day).encode()],
        "category_translations.csv": lambda: [translation_snapshot().encode()],
        "reviews.jsonl.gz": lambda: _packed(_lines(review_file(world, day))),
        "order_events.jsonl": lambda: _lines(event_file(world, day)),
        "marketing_leads.parquet": lambda: [_parquet(lead_file(world, day))],
    }
    if day in delivered_on(world, day):
        files["geolocation.csv"] = lambda: [postal_file(world, day).encode(ENCODING)]
    for name, content in files.items():
        _write(drop / name.partition(".")[0] / day_date(day).isoformat() / name, content)


def write_gateway_logs(world: World, day: int, folder: Path) -> None:
    """Write the gateway's logs of every business date up to ``day`` that are not there yet."""
    for feed, log in (("payments", payment_log), ("exchange_rates", rate_log)):
        for number in range(world.first, day + 1):
            path = folder / feed / f"{day_date(number).isoformat()}.jsonl"
            _write(path, partial(_log_lines, log, world, number))


def _log_lines(
    log: Callable[[World, int], Iterator[pa.StringArray]], world: World, day: int
) -> Iterator[bytes]:
    return _lines(log(world, day))


def _lines(pieces: Iterable[pa.StringArray]) -> Iterator[bytes]:
    for piece in pieces:
        if len(piece):
            yield ("\n".join(piece.to_pylist()) + "\n").encode()


def _packed(content: Iterable[bytes]) -> Iterator[bytes]:
    """As gzip without name and time, so that the same content gives the same bytes."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for piece in content:
        yield packer.compress(piece)
    yield packer.flush()


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="snappy")
    return sink.getvalue()


def _write(path: Path, content: Callable[[], Iterable[bytes]]) -> None:
    if path.exists():
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as out:
            out.writelines(content())
        unfinished.replace(path)
    except OSError as error:
        raise MarketplaceError(
            f"cannot write {path}: {error.strerror}; free some space or choose a folder that can "
            "be written"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
