"""A business day after histories of 1, 10 and 100 times the length, with days of the same size.

The lake is built anew from the whole history, then more days are landed and built one by one with
the selector `daily`. Compared are the bytes that Athena reports for the nodes marked
`meta.scan: day`: with those of the shortest history, and with the bytes of the days' own raw files.
The shortest history is as long as an order can change, so that what a day delivers is of the same
kind in all. Several days are added up, as a single one costs 40 % more or less by chance: it
depends on how many months its orders lie in.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import endpoints
from benchmarks.demonstration import PROJECT, environment
from lakehouse.contracts import apply_contracts, bootstrap_lake, connect_lake
from lakehouse.landing import Sources, land
from lakehouse.marketplace import World, advance, running_sources
from lakehouse.settings import Settings

SCALE = 0.02
SHORTEST_DAYS = 130
TIMES = (1, 10, 100)
FIRST_DAY = dt.date(2026, 6, 1)
DAYS = 4
"""Business days after the history, whose bytes are added up."""
_NODE = re.compile(r'"node_id": "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Cost:
    """What days cost. raw: bytes of their raw files; scanned: bytes by node, `day` nodes only;
    history: the same of the nodes marked `history`, which are built once, after the last day."""

    raw: int
    scanned: Mapping[str, int]
    history: Mapping[str, int]


def measure(scale: float = SCALE) -> list[tuple[str, float, float, float]]:
    """Rows: bytes of a day against the shortest history's, and against its own raw bytes."""
    costs = {}
    for times in TIMES:
        costs[times] = cost = measure_days(scale, SHORTEST_DAYS * times)
        summary = f"{times} times: {sum(cost.scanned.values()):,} bytes, raw {cost.raw:,}"
        print(summary, file=sys.stderr, flush=True)
    first, last = costs[TIMES[0]], costs[TIMES[-1]]
    rows = [
        _row(f"{DAYS} days after {SHORTEST_DAYS * times} of history, KB (peer: 1 time as long)",
             sum(cost.scanned.values()), sum(first.scanned.values()))
        for times, cost in costs.items()
    ] + [
        _row(f"{DAYS} days after {SHORTEST_DAYS * times} of history, KB (peer: their raw bytes)",
             sum(cost.scanned.values()), cost.raw)
        for times, cost in costs.items()
    ]  # fmt: skip
    shares = sorted(last.scanned.items(), key=lambda share: -share[1])
    rows += [
        _row(
            f"  {node.removeprefix('model.').removeprefix('test.')[:60]} (peer: raw)",
            size,
            last.raw,
        )
        for node, size in shares
        if size * 200 > sum(last.scanned.values())
    ]
    rows += [
        _row(
            f"  weekly: {node.split('.')[2][:50]} (peer: 1 time)", size, first.history.get(node, 0)
        )
        for node, size in sorted(last.history.items(), key=lambda share: -share[1])
    ]
    return rows


def _row(label: str, ours: int, peer: int) -> tuple[str, float, float, float]:
    return label, ours / 1000, peer / 1000, ours / peer if peer else float("inf")


def measure_days(scale: float, history_days: int, days: int = DAYS) -> Cost:
    """Build a lake of that history anew, then days on it; the weekly nodes run last."""
    world = World(scale=scale, first_day=FIRST_DAY, history_days=history_days, is_steady=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with endpoints.local_athena(folder / "lake") as (url, _):
            variables = environment(url, folder) | {
                "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
                "DBT_TARGET_PATH": str(folder / "target"),
            }
            os.environ.update(variables)
            _land(world, FIRST_DAY, folder)
            _dbt(variables, FIRST_DAY, "--full-refresh", "--exclude-resource-type", "test")
            athena = endpoints.client("athena", url)
            before = {execution["QueryExecutionId"] for execution in _executions(athena)}
            later = [FIRST_DAY + dt.timedelta(days=1 + number) for number in range(days)]
            for day in later:
                _land(world, day, folder)
                _dbt(variables, day, "--selector", "daily")
            _dbt(variables, later[-1], "--selector", "weekly")
            scans = _scans(folder / "target" / "manifest.json")
            spent: Counter[str] = Counter()
            for execution in _executions(athena):
                node = _NODE.search(execution["Query"])
                if node and execution["QueryExecutionId"] not in before:
                    spent[node[1]] += execution["Statistics"]["DataScannedInBytes"]
            raw = sum(_raw_bytes(endpoints.client("s3", url), day) for day in later)
    return Cost(
        raw,
        {node: size for node, size in spent.items() if scans.get(node) == "day"},
        {node: size for node, size in spent.items() if scans.get(node) == "history"},
    )


def _land(world: World, day: dt.date, folder: Path) -> None:
    lake = connect_lake(Settings.from_env())
    bootstrap_lake(lake)
    apply_contracts(lake)
    with running_sources(world, folder / "sources", None) as marketplace:
        advance(world, day, marketplace)
        addresses = Sources.from_settings(
            Settings.from_env({**os.environ, **marketplace.variables()})
        )
        for feed in sorted(lake.contracts):
            land(feed, day, addresses, lake)


def _dbt(variables: dict[str, str], day: dt.date, *options: str) -> None:
    dbt = str(Path(sys.executable).with_name("dbt"))
    given = {} if "--full-refresh" in options else {"run_date": day.isoformat()}
    command = [dbt, "build", "--exclude-resource-type", "unit_test", *options]
    endpoints.checked([*command, "--vars", json.dumps(given)], cwd=PROJECT, env=variables)


def _executions(athena: Any) -> Iterator[dict[str, Any]]:
    for page in athena.get_paginator("list_query_executions").paginate():
        ids = page["QueryExecutionIds"]
        if ids:
            yield from athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]


def _scans(manifest: Path) -> dict[str, Any]:
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"]
    return {key: node["config"].get("meta", {}).get("scan") for key, node in nodes.items()}


def _raw_bytes(s3: Any, day: dt.date) -> int:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="lakehouse-local-raw")
    return sum(
        found["Size"]
        for page in pages
        for found in page.get("Contents", [])
        if f"ingest_date={day}/" in found["Key"] and found["Key"].endswith(".parquet")
    )
