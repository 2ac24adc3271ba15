"""Scanning 150 MB of Parquet through the endpoint against DuckDB on the same files."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks import endpoints

ROUNDS = 5
QUERY = (
    "select category, count(*) as n, sum(amount) as total, max(id) as newest, min(note) as note "
    "from {source} where amount > 10 group by category order by category"
)


def _write(path: Path) -> float:
    """Write about 150 MB of rows; gives megabytes."""
    path.parent.mkdir(parents=True)
    duckdb.execute(
        f"""copy (
            select i as id, i % 97 as category, (i * 7919 % 100000) / 100.0 as amount,
                   md5(i::varchar) as note
            from range(3900000) t(i)
        ) to '{path}' (format parquet, compression snappy)"""
    )
    return path.stat().st_size / 1e6


def measure() -> list[tuple[str, float, float, float]]:
    """One row: name, our MB/s, DuckDB's, ratio (medians of rounds taken in turn)."""
    with (
        tempfile.TemporaryDirectory() as folder,
        endpoints.local_athena(Path(folder) / "lake") as (url, _),
    ):
        file = Path(folder) / "made" / "part-0.parquet"
        megabytes = _write(file)
        s3, athena = endpoints.client("s3", url), endpoints.client("athena", url)
        s3.create_bucket(Bucket="bench-results")
        s3.create_bucket(Bucket="bench-data")
        s3.upload_file(str(file), "bench-data", "t/part-0.parquet")
        endpoints.run(athena, "create database if not exists bench")
        endpoints.run(
            athena,
            "create external table bench.t (id bigint, category bigint, amount double, "
            "note string) "
            "stored as parquet location 's3://bench-data/t/'",
        )
        bare = duckdb.connect(config={"threads": 2})
        ours, theirs = [], []
        for _ in range(ROUNDS + 1):
            begin = time.perf_counter()
            endpoints.run(athena, QUERY.format(source="bench.t"))
            middle = time.perf_counter()
            bare.execute(QUERY.format(source=f"read_parquet('{file}')")).fetchall()
            ours.append(middle - begin)
            theirs.append(time.perf_counter() - middle)
    mine, peer = statistics.median(ours[1:]), statistics.median(theirs[1:])
    name = f"scan of {megabytes:.0f} MB: MB/s against DuckDB (aim >= 0.7)"
    return [(name, megabytes / mine, megabytes / peer, peer / mine)]
