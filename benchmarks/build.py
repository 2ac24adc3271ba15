"""The project's own `dbt build`, first and second business day: the endpoint's time against DuckDB.

The peer is bare DuckDB on a database file, running the same statements in the same order,
transpiled mechanically, over the same raw Parquet; a node that DuckDB cannot run that way counts on
neither side. The first figure of a day is of a real build, with dbt beside the endpoint on the same
processors. The second runs the statements again, one by one, in turn with DuckDB: what the two
engines cost without dbt. The third is the whole first build, dbt included, against dbt-duckdb's.

The statements of the second day are those of incremental runs: temporary tables, and MERGE into
what the first day made. Raw holds both days by then: the first day's read more when they are run
again than they did, and DuckDB's read the same.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psutil
import sqlglot

from benchmarks import bare_duckdb, dbt_duckdb, demonstration, endpoints
from benchmarks.demonstration import Statement

SCALE = 0.1
"""10,000 orders of history, some fourteen a day."""

_CREATED = re.compile(r'create table "awsdatacatalog"\."(\w+)"\."(\w+)"\s+with \(', re.IGNORECASE)


def measure(scale: float = SCALE) -> list[tuple[str, float, float, float]]:
    """Rows: seconds inside a build and one by one, of both days; a whole build; a day; memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "lake"
        with endpoints.local_athena(data) as (url, server):
            athena = endpoints.client("athena", url)
            begin = time.perf_counter()
            demonstration.run_days(folder, url, scale, days=1)
            whole = time.perf_counter() - begin
            first = demonstration.statements(athena)
            results = demonstration.PROJECT / "target" / "run_results.json"
            whole_build, nodes, _ = dbt_duckdb.seconds_in(results)
            peer_build, peer_nodes, bad = dbt_duckdb.seconds_of_build(folder, data)
            demonstration.run_days(folder, url, scale, days=2)
            known = {statement.key for statement in first}
            second = [each for each in demonstration.statements(athena) if each.key not in known]
            memory = endpoints.peak_memory_mib(server)
            process = psutil.Process(server.pid)
            connection = bare_duckdb.open_database(folder / "peer.duckdb", data)
            rows = [
                row
                for what, asked in (("first", first), ("second", second))
                for row in _rows_of_day(
                    f"{what} day at scale {scale:g}", asked, connection, url, process
                )
            ]
    return [
        *rows,
        (
            f"whole dbt build, {nodes} nodes: s, dbt-duckdb {peer_nodes} ({bad} failed)",
            whole_build,
            peer_build,
            whole_build / peer_build,
        ),
        (
            "one day of the demonstration, installed: s, against its dbt build",
            whole,
            whole_build,
            0,
        ),
        ("endpoint's peak memory: MiB against 1 GiB", memory, 1024.0, memory / 1024),
    ]


@dataclass(slots=True)
class Spent:
    """What statements of a node took: seconds, and seconds of processors."""

    seconds: float = 0.0
    processor: float = 0.0


def _rows_of_day(
    what: str,
    asked: list[Statement],
    connection: duckdb.DuckDBPyConnection,
    url: str,
    server: psutil.Process,
) -> list[tuple[str, float, float, float]]:
    theirs, again, failed = _in_turn(connection, url, server, asked)
    inside = sum(each.seconds for each in asked if each.node in theirs)
    alone, peer = (sum(spent.seconds for spent in side.values()) for side in (again, theirs))
    work, peer_work = (sum(spent.processor for spent in side.values()) for side in (again, theirs))
    return [
        (
            f"{what}, {len(theirs)} nodes ({failed} not comparable): s in endpoint",
            inside,
            peer,
            inside / peer,
        ),
        ("  the same one by one, in turn: s (aim <= 1.5)", alone, peer, alone / peer),
        (
            "  of processors, which a load beside lengthens less: s",
            work,
            peer_work,
            work / peer_work,
        ),
    ]


def _in_turn(
    connection: duckdb.DuckDBPyConnection, url: str, server: psutil.Process, asked: list[Statement]
) -> tuple[dict[str, Spent], dict[str, Spent], int]:
    """(DuckDB's, the endpoint's) by comparable node, and how many are not comparable."""
    athena, glue = endpoints.client("athena", url), endpoints.client("glue", url)
    s3 = endpoints.client("s3", url)
    nodes = bare_duckdb.manifest()["nodes"]
    theirs: defaultdict[str, Spent] = defaultdict(Spent)
    ours: defaultdict[str, Spent] = defaultdict(Spent)
    bad: set[str] = set()
    for statement in asked:
        node = nodes.get(statement.node)
        if node is not None and node["resource_type"] == "seed":
            bare_duckdb.load_seed(connection, node)
            bad.add(statement.node)  # its CSV is gone from the endpoint by now
            continue
        try:
            text = bare_duckdb.transpiled(statement.sql)
            begin, used = time.perf_counter(), time.process_time()
            connection.execute(text).fetchall()
        except (bare_duckdb.Error, sqlglot.errors.SqlglotError) as error:
            print(f"not comparable: {statement.node}: {error}"[:200], file=sys.stderr)
            bad.add(statement.node)
            continue
        theirs[statement.node].seconds += time.perf_counter() - begin
        theirs[statement.node].processor += time.process_time() - used
        created = _CREATED.search(statement.sql)
        if created:
            _drop(glue, s3, created[1], created[2])
        used = sum(server.cpu_times()[:2])
        _, execution = endpoints.run(athena, statement.sql)
        ours[statement.node].seconds += execution["Statistics"]["TotalExecutionTimeInMillis"] / 1000
        ours[statement.node].processor += sum(server.cpu_times()[:2]) - used
    for key in bad:
        theirs.pop(key, None)
        ours.pop(key, None)
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
