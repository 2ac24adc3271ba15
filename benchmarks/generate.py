"""The generator's deliveries of a marketplace with 1,000,000 orders: seconds and memory.

Every feed is made in full, as on the first business date: what goes to PostgreSQL as Arrow tables
(loading them is PostgreSQL's time), what is dropped or served as files.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lakehouse.marketplace import World
from lakehouse.marketplace.deliveries import customer_changes, order_changes
from lakehouse.marketplace.sources import write_drops, write_gateway_logs

SCALE = 10.1
"""A little more than 1,000,000 orders."""
SECONDS, MIB = 60.0, 1024.0
"""What a marketplace of that size may take."""


def measure(scale: float = SCALE) -> list[tuple[str, float, float, float]]:
    """Rows: seconds, processor seconds and peak MiB of a process that generates, against the
    bars, which are those of SCALE."""
    command = [sys.executable, "-m", "benchmarks.generate", str(scale)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    orders, seconds, processor, mib = (float(figure) for figure in done.stdout.split())
    what = f"generating {orders:,.0f} orders with all feeds"
    return [
        (f"{what}: s (bar)", seconds, SECONDS, seconds / SECONDS),
        (f"{what}: processor s (bar)", processor, SECONDS, processor / SECONDS),
        (f"{what}: peak MiB (bar)", mib, MIB, mib / MIB),
    ]


def _generate(scale: float, folder: Path) -> int:
    """Make all deliveries of the first business date; gives the orders among them."""
    world = World(scale=scale)
    orders = sum(
        of_orders.num_rows for of_orders, _ in order_changes(world, since=None, day=world.first)
    )
    for _ in customer_changes(world, since=None, day=world.first):
        pass
    write_drops(world, world.first, folder / "drop")
    write_gateway_logs(world, world.first, folder / "logs")
    return orders


if __name__ == "__main__":
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        made = _generate(float(sys.argv[1]), Path(name))
    wall = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(made, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
