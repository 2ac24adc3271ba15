"""`make bench` runs every measure and prints its figures; ARGS=scan runs the named ones."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

MEASURES = ("select_one", "scan", "build")


def main(names: list[str]) -> None:
    """Print one line for each figure: ours, the peer's, their ratio."""
    print(f"{'':70}{'ours':>12}{'peer':>12}{'ratio':>8}")
    for name in names or MEASURES:
        for label, ours, peer, ratio in importlib.import_module(f"benchmarks.{name}").measure():
            print(f"{label:70}{ours:12.2f}{peer:12.2f}{ratio:8.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
