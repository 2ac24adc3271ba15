"""Files that the sources drop, and the log behind the payment service.

``<drop>/<feed>/<date>/<feed>.csv`` (products, sellers, category_translations) and
``<drop>/reviews/<date>/reviews.jsonl``; ``<log>/<date>.jsonl`` holds what the payment gateway's
log gained on that business date. A file appears whole or not at all, and is left alone once it is
there: its bytes are a function of the world and the date.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.catalogue_feeds import (
    product_snapshot,
    seller_snapshot,
    translation_snapshot,
)
from lakehouse.marketplace.deliveries import payment_log, review_file
from lakehouse.marketplace.world import World, day_date


def write_snapshots(world: World, day: int, drop: Path) -> None:
    """Drop the files of the business date ``day``."""
    date = day_date(day).isoformat()
    _write(drop / "products" / date / "products.csv", lambda: [product_snapshot(world, day)])
    _write(drop / "sellers" / date / "sellers.csv", lambda: [seller_snapshot(world, day)])
    _write(
        drop / "category_translations" / date / "category_translations.csv",
        lambda: [translation_snapshot()],
    )
    _write(drop / "reviews" / date / "reviews.jsonl", lambda: _lines(review_file(world, day)))


def write_payment_log(world: World, day: int, folder: Path) -> None:
    """Write the payment log of every business date up to ``day`` that is not there yet."""
    for number in range(world.first, day + 1):
        path = folder / f"{day_date(number).isoformat()}.jsonl"
        _write(path, partial(_log_lines, world, number))


def _log_lines(world: World, day: int) -> Iterator[str]:
    return _lines(payment_log(world, day))


def _lines(pieces: Iterable[pa.StringArray]) -> Iterator[str]:
    for piece in pieces:
        if len(piece):
            yield "\n".join(piece.to_pylist()) + "\n"


def _write(path: Path, content: Callable[[], Iterable[str]]) -> None:
    if path.exists():
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8", newline="") as out:
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
