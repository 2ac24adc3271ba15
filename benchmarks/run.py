"""`make bench` runs every measure and prints its figures; ARGS="scan build@1" runs the named ones,
and `tpch_trino`, which needs Java 24 and fetches Trino.

What follows the @ is the measure's scale; without it the measure has its own.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

MEASURES = (
    "select_one",
    "start",
    "scan",
    "build",
    "tpch",
    "merge",
    "paging",
    "memory",
    "history",
    "generate",
    "landing",
)


def main(names: list[str]) -> None:
    """Print one line for each figure: ours, the peer's, their ratio."""
    print(f"{'':76}{'ours':>12}{'peer':>12}{'ratio':>8}")
    for given in names or MEASURES:
        name, _, scale = given.partition("@")
        measure = importlib.import_module(f"benchmarks.{name}").measure
        for label, ours, peer, ratio in measure(float(scale)) if scale else measure():
            print(f"{label:76}{ours:12.2f}{peer:12.2f}{ratio:8.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
