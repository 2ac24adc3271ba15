"""Memory of the endpoint after 10,000 statements, against the import of its packages."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import endpoints

STATEMENTS = 10_000


def measure(scale: float = 1.0) -> list[tuple[str, float, float, float]]:
    """Rows: MiB after all statements against what imports take, and against the half of them."""
    count = int(STATEMENTS * scale)
    with (
        tempfile.TemporaryDirectory() as name,
        endpoints.local_athena(Path(name)) as (url, server),
    ):
        endpoints.client("s3", url).create_bucket(Bucket="bench-results")
        athena = endpoints.client("athena", url)
        endpoints.run(athena, "create database bench")
        endpoints.run(
            athena,
            "create table bench.t (id bigint, day date, note string) partitioned by (day) "
            "location 's3://bench-results/t/' tblproperties ('table_type' = 'ICEBERG')",
        )
        for number in range(count // 2):
            _one(athena, number)
        half = endpoints.memory_mib(server)
        for number in range(count // 2, count):
            _one(athena, number)
        whole = endpoints.memory_mib(server)
        history = [page["QueryExecutionIds"] for page in _history(athena)]
    imports = endpoints.import_of_packages()[1]
    if sum(map(len, history)) < count:
        raise RuntimeError("the history lacks statements")
    what = f"memory after {count:,} statements: MiB"
    return [
        (f"{what} above its imports (bar 150)", whole - imports, 150.0, (whole - imports) / 150),
        (f"{what}, and after half of them", whole, half, whole / half),
    ]


def _history(athena: Any) -> Any:
    return athena.get_paginator("list_query_executions").paginate()


def _one(athena: Any, number: int) -> None:
    """One statement of the kinds that dbt and people send; texts differ from each other."""
    match number % 10:
        case 0:
            sql = f"show tables in bench like 't{number}'"
        case 1 if number % 50 == 1:
            sql = f"insert into bench.t values ({number}, date '2024-01-01', 'note {number}')"
        case 2 | 3 | 4:
            sql = f"select count(*), max(note) from bench.t where id < {number}"
        case _:
            sql = f"select {number} as n, date_add('day', {number}, date '2024-01-01') as d"
    endpoints.run(athena, sql)
