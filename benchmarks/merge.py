"""MERGE of 1,000 rows into a partitioned Iceberg table: the endpoint against DuckDB's own MERGE.

The peer is DuckDB's `iceberg` extension over a small REST catalog. Both tables hold the same 10
million rows, partitioned by month; of the 1,000 rows, spread over all months, nine in ten are
updates. The files of both sides are counted, metadata too.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_avro
import duckdb_extension_httpfs
import duckdb_extension_iceberg

from benchmarks import endpoints, rest_catalog

ROUNDS = 5
ROWS, CHANGES, MONTHS = 10_000_000, 1000, 24

_MERGE = (
    "merge into {table} t using {changes} s on t.id = s.id and t.day = s.day "
    "when matched then update set amount = s.amount, note = s.note "
    "when not matched then insert (id, day, amount, note) values (s.id, s.day, s.amount, s.note)"
)
_CHECK = "select count(*), sum(amount), count(distinct note) from {table}"


def measure(scale: float = 1.0) -> list[tuple[str, float, float, float]]:
    """Rows: seconds of one MERGE (median of rounds in turn), and MB that it wrote."""
    rows = int(ROWS * scale)
    with (
        tempfile.TemporaryDirectory() as name,
        rest_catalog.serving(Path(name) / "peer") as catalog,
        endpoints.local_athena(Path(name) / "lake") as (url, _),
    ):
        folder = Path(name)
        peer = _peer(catalog)
        s3, athena = endpoints.client("s3", url), endpoints.client("athena", url)
        s3.create_bucket(Bucket="bench-results")
        s3.create_bucket(Bucket="bench-data")
        endpoints.run(athena, "create database bench")
        table = _rows(0, rows, rows)
        peer.execute(f"copy ({table}) to '{folder}/rows.parquet' (format parquet)")
        s3.upload_file(f"{folder}/rows.parquet", "bench-data", "given/rows.parquet")
        endpoints.run(athena, _external("given"))
        endpoints.run(
            athena,
            "create table bench.target with (table_type = 'ICEBERG', is_external = false, "
            "location = 's3://bench-data/target/', partitioning = array['month(day)']) "
            "as select * from bench.given",
        )
        peer.execute(
            "create table lake.bench.target (id bigint, day date, amount decimal(18,2), "
            "note varchar) partitioned by (month(day))"
        )
        peer.execute(f"insert into lake.bench.target from '{folder}/rows.parquet'")
        seconds: list[tuple[float, float]] = []
        written: list[tuple[float, float]] = []
        mine, theirs = folder / "lake" / "s3" / "bench-data" / "target", folder / "peer"
        for turn in range(ROUNDS):
            file = f"{folder}/changes{turn}.parquet"
            peer.execute(f"copy ({_changes(turn, rows)}) to '{file}' (format parquet)")
            s3.upload_file(file, "bench-data", f"changes{turn}/changes.parquet")
            endpoints.run(athena, _external(f"changes{turn}"))
            before = _megabytes(mine), _megabytes(theirs)
            begin = time.perf_counter()
            endpoints.run(
                athena, _MERGE.format(table="bench.target", changes=f"bench.changes{turn}")
            )
            middle = time.perf_counter()
            peer.execute(_MERGE.format(table="lake.bench.target", changes=f"'{file}'"))
            seconds.append((middle - begin, time.perf_counter() - middle))
            written.append((_megabytes(mine) - before[0], _megabytes(theirs) - before[1]))
        _same(athena, peer)
    return [
        _row(f"MERGE of {CHANGES} rows into {rows:,}: s (bar 3)", seconds),
        _row("  MB that it wrote", written),
    ]


def _row(label: str, pairs: list[tuple[float, float]]) -> tuple[str, float, float, float]:
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return label, ours, theirs, ours / theirs


def _peer(catalog: str) -> duckdb.DuckDBPyConnection:
    peer = duckdb.connect(config={"threads": 2})
    for wheel in (duckdb_extension_avro, duckdb_extension_httpfs, duckdb_extension_iceberg):
        endpoints.load_extension(peer, wheel)
    peer.execute(
        f"attach 'bench' as lake (type iceberg, endpoint '{catalog}', authorization_type 'none', "
        "stage_create_tables false)"
    )
    return peer


def _rows(first: int, end: int, rows: int) -> str:
    """SQL of the table's rows, day by day, so that months lie together as they do in a fact."""
    return (
        f"select i as id, date '2024-01-01' + cast(i * {MONTHS * 30} // {rows} as integer) as day, "
        "cast(i % 100000 as decimal(18,2)) as amount, substr(md5(i::varchar), 1, 12) as note "
        f"from range({first}, {end}) t(i)"
    )


def _changes(turn: int, rows: int) -> str:
    """Changes of one round: existing rows spread over the table, and new ones."""
    updates = CHANGES * 9 // 10
    step = rows // updates
    return (
        f"select id, day, amount + 1 as amount, 'changed' as note from ({_rows(0, rows, rows)}) "
        f"where id % {step} = {turn} and id < {step * updates} union all "
        f"select {rows} + {turn * CHANGES} + i, date '2024-01-01' + cast(i * 7 as integer), 1.00, "
        f"'new' from range({CHANGES - updates}) t(i)"
    )


def _external(name: str) -> str:
    return (
        f"create external table bench.{name} (id bigint, day date, amount decimal(18,2), "
        f"note string) stored as parquet location 's3://bench-data/{name}/'"
    )


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _same(athena: Any, peer: duckdb.DuckDBPyConnection) -> None:
    """Both tables say the same after all rounds."""
    query, _ = endpoints.run(athena, _CHECK.format(table="bench.target"))
    answer = athena.get_query_results(QueryExecutionId=query)
    mine = [cell["VarCharValue"] for cell in answer["ResultSet"]["Rows"][1]["Data"]]
    theirs = peer.execute(_CHECK.format(table="lake.bench.target")).fetchall()[0]
    if mine != [str(value) for value in theirs]:
        raise RuntimeError(f"the tables differ after MERGE: {mine}, {theirs}")
