"""The project's own `dbt build` (first business day): the endpoint's time inside it against DuckDB.

The peer is bare DuckDB running the same models' and tests' compiled SQL, transpiled mechanically by
sqlglot, over the same raw Parquet; a statement that DuckDB cannot run that way counts on neither
side. Its answers are not compared: this measures time only.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import sqlglot

from benchmarks import endpoints

PROJECT = Path(__file__).resolve().parent.parent
_NODE = re.compile(r'"node_id": "([^"]+)"')


def measure() -> list[tuple[str, float, float, float]]:
    """Rows: the endpoint against DuckDB in seconds, one demonstrated day, peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "lake"
        with endpoints.local_athena(data) as (url, server):
            begin = time.perf_counter()
            _demo(Path(folder), url)
            whole = time.perf_counter() - begin
            memory = endpoints.peak_memory_mib(server)
            spent = _seconds_by_node(endpoints.client("athena", url))
        peer, failed = _duckdb_seconds(data, set(spent))
    both = set(peer) & set(spent)
    ours, theirs = sum(spent[node] for node in both), sum(peer.values())
    return [
        (
            f"dbt build, {len(both)} nodes ({failed} not comparable): s in endpoint (aim <= 1.5)",
            ours,
            theirs,
            ours / theirs,
        ),
        ("one day of the demonstration, installed: s, against the endpoint's part", whole, ours, 0),
        ("endpoint's peak memory: MiB against 1 GiB", memory, 1024.0, memory / 1024),
    ]


def _demo(folder: Path, url: str) -> None:
    environ = {
        **os.environ,
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
        "DO_NOT_TRACK": "1",
    }
    command = [sys.executable, "-m", "lakehouse.cli", "demo", "--days", "1"]
    subprocess.run(command, cwd=PROJECT, env=environ, check=True, stdout=subprocess.DEVNULL)


def _executions(athena: Any) -> Iterator[dict[str, Any]]:
    pages = athena.get_paginator("list_query_executions").paginate()
    for page in pages:
        ids = page["QueryExecutionIds"]
        if ids:
            answer = athena.batch_get_query_execution(QueryExecutionIds=ids)
            yield from answer["QueryExecutions"]


def _seconds_by_node(athena: Any) -> dict[str, float]:
    """Seconds that the endpoint spent on each dbt node's statements."""
    seconds: dict[str, float] = {}
    for execution in _executions(athena):
        found = _NODE.search(execution["Query"])
        if found:
            spent = execution["Statistics"]["TotalExecutionTimeInMillis"] / 1000
            seconds[found[1]] = seconds.get(found[1], 0) + spent
    return seconds


def _duckdb_seconds(data: Path, nodes: set[str]) -> tuple[dict[str, float], int]:
    """Seconds of bare DuckDB by node, and how many nodes it could not run."""
    manifest = json.loads((PROJECT / "target" / "manifest.json").read_text("utf-8"))
    results = json.loads((PROJECT / "target" / "run_results.json").read_text("utf-8"))["results"]
    connection = duckdb.connect(config={"threads": 2})
    _load_raw(connection, data, manifest)
    seconds: dict[str, float] = {}
    failed = 0
    for result in results:
        node = manifest["nodes"].get(result["unique_id"])
        if node is None or result["unique_id"] not in nodes:
            continue
        table = node["resource_type"] in {"model", "snapshot"}
        if node["resource_type"] == "seed":
            _load_seed(connection, node)
            continue
        try:
            text = _transpiled(result["compiled_code"] or "")
            name = f'"{node["schema"]}"."{node["alias"]}"'
            begin = time.perf_counter()
            if table:
                connection.execute(f'create schema if not exists "{node["schema"]}"')
                connection.execute(f"create or replace table {name} as {text}")
            else:
                connection.execute(f"select count(*) from ({text})").fetchall()
            seconds[result["unique_id"]] = time.perf_counter() - begin
        except (duckdb.Error, sqlglot.errors.SqlglotError):
            failed += 1
    return seconds, failed


def _transpiled(sql: str) -> str:
    return sqlglot.transpile(sql.replace('"awsdatacatalog".', ""), read="athena", write="duckdb")[0]


def _load_raw(connection: duckdb.DuckDBPyConnection, data: Path, manifest: dict[str, Any]) -> None:
    for source in manifest["sources"].values():
        files = list((data / "s3").glob(f"*-raw/*/{source['name']}/**/*.parquet"))
        if files:
            pattern = [str(file) for file in files if not file.name.startswith("_")]
            connection.execute(f'create schema if not exists "{source["schema"]}"')
            connection.execute(
                f'create table "{source["schema"]}"."{source["name"]}" as '
                f"select * from read_parquet({pattern}, hive_partitioning = true)"
            )


def _load_seed(connection: duckdb.DuckDBPyConnection, node: dict[str, Any]) -> None:
    connection.execute(f'create schema if not exists "{node["schema"]}"')
    path = PROJECT / node["original_file_path"]
    connection.execute(
        f'create or replace table "{node["schema"]}"."{node["alias"]}" as '
        f"select * from read_csv('{path}')"
    )
