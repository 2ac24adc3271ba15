"""What a build's nodes cost: dbt's run_results.json and manifest.json, and Athena's statistics.

The adapter reports a node's last statement only; dbt's comment in every statement names its node,
so all of them are counted.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

MINIMUM_QUERY_BYTES = 10_000_000
"""Athena bills each query for 10 MB at least (AWS's price list, "Amazon Athena pricing", 2026)."""
DEFAULT_GROWTH_BUDGET = 1.5
"""Of a node without `meta.budget_growth_ratio`."""
DEFAULT_LANDED_BUDGET = 3.0
"""Of a node without `meta.budget_landed_ratio`."""

_NODE = re.compile(r'"node_id": "([^"]+)"')
_BUILDING = ("build", "run", "test", "seed", "snapshot")

RunResults = dict[str, Any]
"""What `read_results` keeps of dbt's run_results.json, in its form: plain JSON, some 200 bytes a
node."""


@dataclass(frozen=True, slots=True)
class NodeCost:
    """A node in one build. run_at: when dbt wrote the build's last results, UTC; rows: None where
    the adapter does not say; billed_bytes: scanned ones, each query rounded up to Athena's minimum;
    growth_budget: so many times the scanned bytes of one run the next may scan; landed_budget: so
    many times landed_bytes it may scan; landed_bytes: of raw, of the run's date and later ones,
    None when the build read all days anew; project: digest of the files that dbt read."""

    run_id: str
    run_at: dt.datetime
    run_date: str
    project: str
    node: str
    kind: str
    scan: str
    rows: int | None
    scanned_bytes: int
    billed_bytes: int
    queries: int
    seconds: float
    growth_budget: float
    landed_budget: float
    landed_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class _Statement:
    node: str
    sent: dt.datetime
    size: int


def read_results(target: Path) -> RunResults | None:
    """What the last dbt command left in its target folder; None when it built or tested nothing."""
    path = target / "run_results.json"
    if not path.is_file():
        return None
    whole = json.loads(path.read_text("utf-8"))
    if whole["args"].get("which") not in _BUILDING or not whole["results"]:
        return None
    return {
        "metadata": {name: whole["metadata"][name] for name in ("invocation_id", "generated_at")},
        "elapsed_time": whole["elapsed_time"],
        "args": {
            "vars": whole["args"].get("vars") or {},
            "full_refresh": bool(whole["args"].get("full_refresh")),
        },
        "results": [
            {
                "unique_id": result["unique_id"],
                "execution_time": result["execution_time"],
                "adapter_response": {
                    "rows_affected": (result.get("adapter_response") or {}).get("rows_affected")
                },
            }
            for result in whole["results"]
        ],
    }


def incremental_date(commands: Sequence[RunResults]) -> dt.date | None:
    """The date that a build's commands went on from; None when one of them read all days."""
    dates = {
        "" if each["args"].get("full_refresh") else str(each["args"]["vars"].get("run_date", ""))
        for each in commands
    }
    return None if "" in dates or not dates else dt.date.fromisoformat(min(dates))


def started_at(results: RunResults) -> dt.datetime:
    """When a dbt command began, UTC, a second early: its own clock begins after its start."""
    return _ended_at(results) - dt.timedelta(seconds=float(results["elapsed_time"]) + 1)


def cost_nodes(
    commands: Sequence[RunResults],
    manifest: Mapping[str, Any],
    executions: Iterable[Any],
    run_id: str,
    project: str,
    landed_bytes: int | None = None,
) -> list[NodeCost]:
    """The nodes of one build, which was done by one dbt command or by several.

    A node that several commands built, as a task that was tried again, has what they cost together.

    Args:
        manifest: dbt's, of the project that was built; its unit tests, which read no data, are left
            out.
        executions: as Athena's BatchGetQueryExecution gives them; those that were sent while a
            command ran count for its nodes.
    """
    statements = [found for each in executions if (found := _read_statement(each)) is not None]
    nodes: dict[str, NodeCost] = {}
    for results in sorted(commands, key=_ended_at):
        began, ended = started_at(results), _ended_at(results)
        sizes: dict[str, list[int]] = {}
        for statement in statements:
            if began <= statement.sent <= ended:
                sizes.setdefault(statement.node, []).append(statement.size)
        for result in results["results"]:
            node = result["unique_id"]
            if node in manifest["nodes"]:
                cost = _cost(result, manifest["nodes"][node], sizes.get(node, []), results)
                nodes[node] = _add(nodes[node], cost) if node in nodes else cost
    run_at = max(map(_ended_at, commands), default=None)
    return [
        replace(
            cost,
            run_id=run_id,
            run_at=run_at or cost.run_at,
            project=project,
            landed_bytes=landed_bytes,
        )
        for cost in nodes.values()
    ]


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


def _read_statement(execution: Any) -> _Statement | None:
    """A statement that a node sent and that Athena bills; None of any other."""
    node = _NODE.search(execution["Query"])
    size = int(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
    # DDL is free; what CREATE TABLE AS reads is not, and Athena calls that DDL too.
    if node is None or (not size and execution.get("StatementType") == "DDL"):
        return None
    return _Statement(node[1], execution["Status"]["SubmissionDateTime"].astimezone(dt.UTC), size)


def _cost(result: Any, node: Any, sizes: list[int], results: RunResults) -> NodeCost:
    meta = node["config"].get("meta") or {}
    rows = result["adapter_response"]["rows_affected"]
    return NodeCost(
        run_id=results["metadata"]["invocation_id"],
        run_at=_ended_at(results),
        run_date=str(results["args"]["vars"].get("run_date", "")),
        project="",
        node=result["unique_id"],
        kind=node["resource_type"],
        scan=str(meta.get("scan", "")),
        rows=None if rows is None or int(rows) < 0 else int(rows),
        scanned_bytes=sum(sizes),
        billed_bytes=sum(max(size, MINIMUM_QUERY_BYTES) for size in sizes),
        queries=len(sizes),
        seconds=float(result["execution_time"]),
        growth_budget=float(meta.get("budget_growth_ratio", DEFAULT_GROWTH_BUDGET)),
        landed_budget=float(meta.get("budget_landed_ratio", DEFAULT_LANDED_BUDGET)),
    )


def _add(before: NodeCost, now: NodeCost) -> NodeCost:
    return replace(
        now,
        scanned_bytes=before.scanned_bytes + now.scanned_bytes,
        billed_bytes=before.billed_bytes + now.billed_bytes,
        queries=before.queries + now.queries,
        seconds=before.seconds + now.seconds,
    )


def _ended_at(results: RunResults) -> dt.datetime:
    return dt.datetime.fromisoformat(results["metadata"]["generated_at"]).astimezone(dt.UTC)
