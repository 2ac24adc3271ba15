"""The three calls of `select 1` (start, get execution, get results) against moto's time."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import endpoints

ROUNDS, CALLS = 7, 40


def _seconds(athena: Any) -> float:
    begin = time.perf_counter()
    for _ in range(CALLS):
        query, _ = endpoints.run(athena, "select 1")
        athena.get_query_results(QueryExecutionId=query)
    return (time.perf_counter() - begin) / CALLS


def measure() -> list[tuple[str, float, float, float]]:
    """One row: name, our milliseconds, moto's, ratio (median of rounds taken in turn)."""
    with (
        tempfile.TemporaryDirectory() as folder,
        endpoints.local_athena(Path(folder)) as (ours, _),
        endpoints.moto() as (theirs, _),
    ):
        clients = []
        for url in (ours, theirs):
            endpoints.client("s3", url).create_bucket(Bucket="bench-results")
            clients.append(endpoints.client("athena", url))
        for athena in clients:
            _seconds(athena)
        pairs = [(_seconds(clients[0]), _seconds(clients[1])) for _ in range(ROUNDS)]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, peer = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    return [("select 1, three calls: ms against moto (aim <= 1.5)", mine, peer, ratio)]
