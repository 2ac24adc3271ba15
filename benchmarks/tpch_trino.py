"""TPC-H, 22 queries on external Parquet tables: the embedded engine against a single-node Trino.

Both stand behind the same API, on the same data folder, one after the other: `serve` and
`serve --engine trino` (Java 24 or later; Trino comes from Maven Central once). The best of three
rounds counts, so that neither is measured while it warms up. Every answer is compared as text.
Trino gets a heap of 6 GB, unless LOCAL_ATHENA_TRINO_MEMORY says otherwise: with 2 GB it lost its
node at scale 1.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import endpoints
from benchmarks.tpch import make

ROUNDS = 3
Rows = list[list[str | None]]
Queries = Sequence[tuple[int, str]]


def measure(scale: float = 1.0) -> list[tuple[str, float, float, float]]:
    """Rows: seconds of all 22 queries (the best of each), and how many answers agree."""
    os.environ.setdefault("LOCAL_ATHENA_TRINO_MEMORY", "6g")
    with tempfile.TemporaryDirectory() as name:
        lake = Path(name) / "lake"
        with endpoints.local_athena(lake) as (url, _):
            queries = make(duckdb.connect(), Path(name) / "made", scale, url)
            ours, mine = _ask(url, queries)
        with endpoints.local_athena(lake, "--engine", "trino") as (url, _):
            theirs, others = _ask(url, queries)
    agreed = sum(mine[number] == others[number] for number, _ in queries)
    for number, _ in queries:
        print(f"  q{number}: {ours[number]:.3f} {theirs[number]:.3f}", file=sys.stderr)
        if mine[number] != others[number]:
            print(f"TPC-H query {number}: the answers differ", file=sys.stderr)
    whole, other = sum(ours.values()), sum(theirs.values())
    return [
        (
            f"TPC-H at scale {scale:g}, 22 queries, and Trino: s (bar 0.33)",
            whole,
            other,
            whole / other,
        ),
        ("  answers that agree, of 22", agreed, len(queries), agreed / len(queries)),
    ]


def _ask(url: str, queries: Queries) -> tuple[dict[int, float], dict[int, Rows]]:
    """The best time of each query and its sorted rows."""
    athena = endpoints.client("athena", url)
    seconds: dict[int, float] = {}
    rows: dict[int, Rows] = {}
    for number, text in queries:
        taken = []
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            query, _ = endpoints.run(athena, text, database="tpch")
            taken.append(time.perf_counter() - begin)
        seconds[number], rows[number] = min(taken), _rows(athena, query)
    return seconds, rows


def _rows(athena: Any, query: str) -> Rows:
    found: Rows = []
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=query):
        found += [[c.get("VarCharValue") for c in r["Data"]] for r in page["ResultSet"]["Rows"]]
    return sorted(found, key=str)
