"""What a build's nodes cost: dbt's run_results.json and manifest.json, and Athena's statistics.

The adapter reports a node's last statement only; dbt's comment in every statement names its node,
so all of them are counted.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.errors import ConfigError

MINIMUM_QUERY_BYTES = 10_000_000
"""Athena bills each query for 10 MB at least (AWS's price list, "Amazon Athena pricing", 2026)."""

_NODE = re.compile(r'"node_id": "([^"]+)"')


@dataclass(frozen=True, slots=True)
class NodeCost:
    """A node in one build. run_at: when dbt wrote its results, UTC; rows: None where the adapter
    does not say; billed_bytes: scanned ones, each query rounded up to Athena's minimum; budget:
    so many times the scanned bytes of one run the next may scan."""

    run_id: str
    run_at: dt.datetime
    run_date: str
    node: str
    kind: str
    scan: str
    rows: int | None
    scanned_bytes: int
    billed_bytes: int
    queries: int
    seconds: float
    budget: float


def read_build(target: Path, executions: Iterable[Any], default_budget: float) -> list[NodeCost]:
    """The nodes of the build whose artifacts lie in dbt's target folder.

    executions: as Athena's BatchGetQueryExecution gives them; those that were sent while the build
    ran count. default_budget: of a node without `meta.budget_growth_ratio`.

    Raises:
        ConfigError: there are no artifacts.
    """
    results, manifest = _load(target / "run_results.json"), _load(target / "manifest.json")
    ended = _instant(results["metadata"]["generated_at"])
    started = ended - dt.timedelta(seconds=float(results["elapsed_time"]) + 1)
    scanned: dict[str, list[int]] = defaultdict(list)
    for execution in executions:
        node = _NODE.search(execution["Query"])
        sent = execution["Status"]["SubmissionDateTime"].astimezone(dt.UTC)
        if node and started <= sent <= ended:
            size = int(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
            # DDL is free; what CREATE TABLE AS reads is not, and Athena calls that DDL too.
            if size or execution.get("StatementType") != "DDL":
                scanned[node[1]].append(size)
    nodes = manifest["nodes"]
    return [
        _cost(result, nodes[result["unique_id"]], scanned[result["unique_id"]], results, ended,
              default_budget)
        for result in results["results"]
        if result["unique_id"] in nodes
    ]  # fmt: skip


def list_executions(athena: Any, workgroup: str, since: dt.datetime) -> Iterator[Any]:
    """Executions of a workgroup, newest first, back to those that were sent before ``since``."""
    pages = athena.get_paginator("list_query_executions").paginate(WorkGroup=workgroup)
    for page in pages:
        ids = page["QueryExecutionIds"]
        if not ids:
            return
        found = athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]
        yield from found
        if all(each["Status"]["SubmissionDateTime"].astimezone(dt.UTC) < since for each in found):
            return


def _cost(
    result: Any, node: Any, sizes: list[int], results: Any, ended: dt.datetime, budget: float
) -> NodeCost:
    meta = node["config"].get("meta") or {}
    rows = (result.get("adapter_response") or {}).get("rows_affected")
    return NodeCost(
        run_id=results["metadata"]["invocation_id"],
        run_at=ended,
        run_date=str((results["args"].get("vars") or {}).get("run_date", "")),
        node=result["unique_id"],
        kind=node["resource_type"],
        scan=str(meta.get("scan", "")),
        rows=None if rows is None or int(rows) < 0 else int(rows),
        scanned_bytes=sum(sizes),
        billed_bytes=sum(max(size, MINIMUM_QUERY_BYTES) for size in sizes),
        queries=len(sizes),
        seconds=float(result["execution_time"]),
        budget=float(meta.get("budget_growth_ratio", budget)),
    )


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path} is not there: run `dbt build` first, or set DBT_TARGET_PATH to its folder",
            variable="DBT_TARGET_PATH",
        ) from error


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
