"""The three calls of `select 1` (start, get execution, get results) against moto's time."""

from __future__ import annotations

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import endpoints

ROUNDS, CALLS = 7, 40
OTHERS = 7
_LONG = (
    "select count(*) from unnest(sequence(1, 10000)) a(x) "
    "cross join unnest(sequence(1, 10000)) b(y) where (x * y) % 7 = 3"
)


def _seconds(athena: Any) -> float:
    begin = time.perf_counter()
    for _ in range(CALLS):
        query, _ = endpoints.run(athena, "select 1")
        athena.get_query_results(QueryExecutionId=query)
    return (time.perf_counter() - begin) / CALLS


def _beside_others(url: str) -> tuple[float, float]:
    """(Median seconds of `select 1` while others run, seconds of the shortest of these)."""
    with ThreadPoolExecutor(OTHERS) as pool:
        others = [pool.submit(_long_query, endpoints.client("athena", url)) for _ in range(OTHERS)]
        athena = endpoints.client("athena", url)
        spent = []
        while not any(other.done() for other in others):
            begin = time.perf_counter()
            endpoints.run(athena, "select 1")
            spent.append(time.perf_counter() - begin)
        return statistics.median(spent), min(other.result() for other in others)


def _long_query(athena: Any) -> float:
    begin = time.perf_counter()
    endpoints.run(athena, _LONG)
    return time.perf_counter() - begin


def measure() -> list[tuple[str, float, float, float]]:
    """Rows: our milliseconds against moto's (median of rounds in turn); beside other clients."""
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
        beside, others = _beside_others(ours)
        pairs = [(_seconds(clients[0]), _seconds(clients[1])) for _ in range(ROUNDS)]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, peer = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    return [
        ("select 1, three calls: ms against moto (bar 1.2)", mine, peer, ratio),
        (
            f"  select 1 beside {OTHERS} clients' queries: ms, against the shortest of these",
            beside * 1000,
            others * 1000,
            beside / others,
        ),
    ]
