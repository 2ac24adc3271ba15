"""1,000,000 rows through GetQueryResults: rows a second against a server of canned pages.

The same boto3 paginator reads both, in turn; the canned server computes nothing, so its rate is
boto3's. The endpoint's memory is looked at before and after.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import canned, endpoints

ROWS = 1_000_000


def measure(scale: float = 1.0) -> list[tuple[str, float, float, float]]:
    """Rows: thousand rows a second with 1 and 12 columns, and memory in MiB."""
    rows = int(ROWS * scale)
    found = []
    with (
        tempfile.TemporaryDirectory() as name,
        endpoints.local_athena(Path(name) / "lake") as (url, server),
    ):
        s3, athena = endpoints.client("s3", url), endpoints.client("athena", url)
        s3.create_bucket(Bucket="bench-results")
        s3.create_bucket(Bucket="bench-data")
        columns = ", ".join(f"'{n}-' || (i % 9000000 + 1000000) as c{n}" for n in range(12))
        file = f"{name}/rows.parquet"
        duckdb.execute(f"copy (select {columns} from range({rows}) t(i)) to '{file}'")
        s3.upload_file(file, "bench-data", "many/rows.parquet")
        endpoints.run(athena, "create database bench")
        declared = ", ".join(f"c{n} string" for n in range(12))
        endpoints.run(
            athena,
            f"create external table bench.many ({declared}) stored as parquet "
            "location 's3://bench-data/many/'",
        )
        for width in (1, 12):
            wanted = ", ".join(f"c{n}" for n in range(width))
            query, _ = endpoints.run(athena, f"select {wanted} from bench.many")
            before = endpoints.memory_mib(server)
            mine = _rate(athena, query, rows + 1)
            after = endpoints.memory_mib(server)
            port = endpoints.free_port()
            pages = rows // canned.ROWS + 1
            command = [sys.executable, "-m", "benchmarks.canned", str(port), str(width), str(pages)]
            with endpoints.running(command, port) as (address, _):
                peer = _rate(endpoints.client("athena", address), query, pages * canned.ROWS)
            label = f"paging of {rows:,} rows, {width} columns: thousand rows/s (bar 0.6)"
            found.append((label, mine, peer, mine / peer))
            found.append(("  endpoint's memory after it and before: MiB", after, before, 1.0))
    return [(label, a, b, a / b) for label, a, b, _ in found]


def _rate(athena: Any, query: str, expected: int) -> float:
    """Thousand rows a second of a whole reading."""
    begin = time.perf_counter()
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query)
    count = sum(len(page["ResultSet"]["Rows"]) for page in pages)
    if count != expected:
        raise RuntimeError(f"read {count} rows, not {expected}")
    return count / (time.perf_counter() - begin) / 1000
