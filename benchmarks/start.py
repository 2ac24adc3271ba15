"""The start of `serve` until it is ready, against the import of its packages.

With history: 500 Iceberg tables and the queries that made them. The time until a first `select 1`
is answered, imports of the engine included, is shown too.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import endpoints

ROUNDS, TABLES = 5, 500


def measure(scale: float = 1.0) -> list[tuple[str, float, float, float]]:
    """Rows: seconds to ready, empty and with history; seconds to the first answer."""
    tables = int(TABLES * scale)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder / "full", tables)
        empty, full, answers, imports = [], [], [], []
        for turn in range(ROUNDS):
            ready, answer = _start(folder / f"empty{turn}")
            empty.append(ready)
            answers.append(answer)
            full.append(_start(folder / "full")[0])
            imports.append(endpoints.import_of_packages()[0])
    peer = statistics.median(imports)
    rows = (
        ("start of serve, empty: s (bar 1.3)", empty),
        (f"start of serve with {tables} tables: s (bar 2)", full),
        ("  until the first answer, empty: s", answers),
    )
    return [
        (label, statistics.median(mine), peer, statistics.median(mine) / peer)
        for label, mine in rows
    ]


def _start(data: Path) -> tuple[float, float]:
    """Seconds until the line that says it is ready, and until `select 1` is answered."""
    begin = time.perf_counter()
    with endpoints.local_athena(data) as (url, _):
        ready = time.perf_counter() - begin
        endpoints.run(endpoints.client("athena", url), "select 1")
        return ready, time.perf_counter() - begin


def _fill(data: Path, tables: int) -> None:
    with endpoints.local_athena(data) as (url, _):
        endpoints.client("s3", url).create_bucket(Bucket="bench-results")
        athena = endpoints.client("athena", url)
        endpoints.run(athena, "create database bench")
        for number in range(tables):
            endpoints.run(
                athena,
                f"create table bench.t{number} (id bigint, note string) location "
                f"'s3://bench-results/t{number}/' tblproperties ('table_type' = 'ICEBERG')",
            )
