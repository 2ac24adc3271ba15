"""The project's own `dbt build` (first business day): the endpoint's time inside it against DuckDB.

The peer is bare DuckDB on a database file, running the same statements in the same order,
transpiled mechanically, over the same raw Parquet; a node that DuckDB cannot run that way counts on
neither side. The first figure is of a real build, with dbt beside the endpoint on the same
processors. The second runs the statements again, one by one, in turn with DuckDB: what the two
engines cost without dbt. The third is the whole build, dbt included, against dbt-duckdb's.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlglot

from benchmarks import bare_duckdb, dbt_duckdb, demonstration, endpoints
from benchmarks.demonstration import Statement

SCALE = 0.02
"""The demonstration's own: 2,000 orders."""

_CREATED = re.compile(r'create table "awsdatacatalog"\."(\w+)"\."(\w+)"\s+with \(', re.IGNORECASE)


def measure(scale: float = SCALE) -> list[tuple[str, float, float, float]]:
    """Rows: seconds inside a build, one by one, of a whole build, of a day; peak memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "lake"
        with endpoints.local_athena(data) as (url, server):
            begin = time.perf_counter()
            demonstration.run_one_day(folder, url, scale)
            whole = time.perf_counter() - begin
            memory = endpoints.peak_memory_mib(server)
            asked = demonstration.statements(endpoints.client("athena", url))
            whole_build, nodes, _ = dbt_duckdb.seconds_in(
                demonstration.PROJECT / "target" / "run_results.json"
            )
            peer_build, peer_nodes, bad = dbt_duckdb.seconds_of_build(folder, data)
            theirs, again, failed = _in_turn(folder / "peer.duckdb", data, url, asked)
    inside = dict.fromkeys(theirs, 0.0)
    for statement in asked:
        if statement.node in inside:
            inside[statement.node] += statement.seconds
    ours, alone, peer = sum(inside.values()), sum(again.values()), sum(theirs.values())
    what = f"dbt build at scale {scale:g}, {len(theirs)} nodes ({failed} not comparable)"
    return [
        (f"{what}: s in endpoint", ours, peer, ours / peer),
        ("  the same one by one, in turn: s (aim <= 1.5)", alone, peer, alone / peer),
        (
            f"whole dbt build, {nodes} nodes: s, dbt-duckdb {peer_nodes} ({bad} failed)",
            whole_build,
            peer_build,
            whole_build / peer_build,
        ),
        ("one day of the demonstration, installed: s, against the endpoint's part", whole, ours, 0),
        ("endpoint's peak memory: MiB against 1 GiB", memory, 1024.0, memory / 1024),
    ]


def _in_turn(
    file: Path, data: Path, url: str, asked: list[Statement]
) -> tuple[dict[str, float], dict[str, float], int]:
    """(DuckDB's seconds, the endpoint's) by comparable node, and how many are not comparable."""
    athena, glue = endpoints.client("athena", url), endpoints.client("glue", url)
    s3 = endpoints.client("s3", url)
    connection = bare_duckdb.open_database(file, data)
    nodes = bare_duckdb.manifest()["nodes"]
    theirs: dict[str, float] = {}
    ours: dict[str, float] = {}
    bad: set[str] = set()
    for statement in asked:
        node = nodes.get(statement.node)
        if node is not None and node["resource_type"] == "seed":
            bare_duckdb.load_seed(connection, node)
            bad.add(statement.node)  # its CSV is gone from the endpoint by now
            continue
        try:
            text = bare_duckdb.transpiled(statement.sql)
            begin = time.perf_counter()
            connection.execute(text).fetchall()
            spent = time.perf_counter() - begin
        except (bare_duckdb.Error, sqlglot.errors.SqlglotError) as error:
            print(f"not comparable: {statement.node}: {error}"[:200], file=sys.stderr)
            bad.add(statement.node)
            continue
        theirs[statement.node] = theirs.get(statement.node, 0) + spent
        created = _CREATED.search(statement.sql)
        if created:
            _drop(glue, s3, created[1], created[2])
        _, execution = endpoints.run(athena, statement.sql)
        spent = execution["Statistics"]["TotalExecutionTimeInMillis"] / 1000
        ours[statement.node] = ours.get(statement.node, 0) + spent
    for node in bad:
        theirs.pop(node, None)
        ours.pop(node, None)
    return theirs, ours, len(bad)


def _drop(glue: Any, s3: Any, database: str, table: str) -> None:
    """Remove a table and its files, as dbt-athena does before it makes a table anew."""
    try:
        found = glue.get_table(DatabaseName=database, Name=table)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return
    glue.delete_table(DatabaseName=database, Name=table)
    bucket, _, key = found["StorageDescriptor"]["Location"].removeprefix("s3://").partition("/")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"])
