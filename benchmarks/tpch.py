"""TPC-H, 22 queries on external Parquet tables: the endpoint against DuckDB on the same files.

Data and texts come from DuckDB's `tpch` extension (its wheel on PyPI). Every answer is compared
with DuckDB's, as a set of rows, by the types that the endpoint reports: DuckDB computes avg and `/`
of decimals as doubles, Trino as decimals, so its value is rounded to the endpoint's digits first.
"""

from __future__ import annotations

import math
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_tpch

from benchmarks import endpoints

ROUNDS = 3
_GLUE_TYPES = {"VARCHAR": "string", "DATE": "date", "INTEGER": "int", "BIGINT": "bigint"}


def measure(scale: float = 1.0) -> list[tuple[str, float, float, float]]:
    """Rows: seconds of all 22 queries (the best of each), and how many answers agree."""
    with (
        tempfile.TemporaryDirectory() as name,
        endpoints.local_athena(Path(name) / "lake") as (url, _),
    ):
        peer = duckdb.connect(config={"threads": 2})
        queries = make(peer, Path(name) / "made", scale, url)
        athena = endpoints.client("athena", url)
        ours, theirs, agreed = 0.0, 0.0, 0
        for number, text in queries:
            mine, other = [], []
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                query, _ = endpoints.run(athena, text, database="tpch")
                middle = time.perf_counter()
                expected = peer.execute(text).fetchall()
                other.append(time.perf_counter() - middle)
                mine.append(middle - begin)
            ours, theirs = ours + min(mine), theirs + min(other)
            if _agree(athena, query, expected):
                agreed += 1
            else:
                print(f"TPC-H query {number}: the answers differ", file=sys.stderr)
            print(f"  q{number}: {min(mine):.3f} {min(other):.3f}", file=sys.stderr)
    return [
        (f"TPC-H at scale {scale:g}, 22 queries: s (bar 1.25)", ours, theirs, ours / theirs),
        ("  answers that agree, of 22", agreed, len(queries), agreed / len(queries)),
    ]


def make(
    peer: duckdb.DuckDBPyConnection, folder: Path, scale: float, url: str
) -> list[tuple[int, str]]:
    """Make the files, the endpoint's tables and the peer's views of them; gives the queries."""
    endpoints.load_extension(peer, duckdb_extension_tpch)
    s3, athena = endpoints.client("s3", url), endpoints.client("athena", url)
    s3.create_bucket(Bucket="bench-results")
    s3.create_bucket(Bucket="bench-data")
    endpoints.run(athena, "create database tpch")
    peer.execute("create schema made; use made")
    peer.execute(f"call dbgen(sf = {scale})")
    queries = peer.execute("select query_nr, query from tpch_queries()").fetchall()
    tables = [row[0] for row in peer.execute("show tables").fetchall()]
    for table in tables:
        file = folder / table / "part-0.parquet"
        file.parent.mkdir(parents=True)
        peer.execute(f"copy {table} to '{file}' (format parquet, compression snappy)")
        columns = ", ".join(
            f"{row[0]} {_GLUE_TYPES.get(row[1], row[1].lower())}"
            for row in peer.execute(f"describe {table}").fetchall()
        )
        s3.upload_file(str(file), "bench-data", f"{table}/part-0.parquet")
        endpoints.run(
            athena,
            f"create external table tpch.{table} ({columns}) stored as parquet "
            f"location 's3://bench-data/{table}/'",
        )
        peer.execute(f"create view main.{table} as from read_parquet('{file}')")
        peer.execute(f"drop table made.{table}")
    peer.execute("use main")
    return [(number, _standard(text)) for number, text in queries]


def _standard(text: str) -> str:
    """A query as TPC-H has it: query 15 groups by the column, DuckDB's text by its alias."""
    text = text.strip().rstrip(";")
    return re.sub(r"(GROUP BY\s+)supplier_no", r"\1l_suppkey", text)


def _agree(athena: Any, query: str, expected: Sequence[Sequence[Any]]) -> bool:
    rows: list[list[str | None]] = []
    columns: list[dict[str, Any]] = []
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=query):
        columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        rows += [[c.get("VarCharValue") for c in r["Data"]] for r in page["ResultSet"]["Rows"]]
    mine = sorted(tuple(map(_value, row, columns)) for row in rows[1:])
    theirs = sorted(tuple(map(_value, row, columns)) for row in expected)
    return len(mine) == len(theirs) and all(
        all(map(_close, a, b, columns)) for a, b in zip(mine, theirs, strict=True)
    )


def _value(value: Any, column: dict[str, Any]) -> Any:
    """A value of either side as the endpoint's type has it."""
    kind = column["Type"]
    if value is None:
        return ""
    if kind == "decimal":
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-column["Scale"]))
    if kind in ("double", "float"):
        return float(value)
    if kind in ("bigint", "integer"):
        return int(value)
    return str(value)


def _close(mine: Any, theirs: Any, column: dict[str, Any]) -> bool:
    """Equal; a decimal within one of its last digit, which a double may not have."""
    if isinstance(mine, Decimal):
        return bool(abs(mine - theirs) <= Decimal(1).scaleb(-column["Scale"]))
    if isinstance(mine, float):
        return math.isclose(mine, theirs, rel_tol=1e-9)
    return bool(mine == theirs)
