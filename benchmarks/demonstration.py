"""Business days of the project's demonstration through an endpoint, and what they asked of it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import endpoints

PROJECT = Path(__file__).resolve().parent.parent
_NODE = re.compile(r'"node_id": "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of `dbt build`: its id, its node, its text, seconds inside the endpoint."""

    key: str
    node: str
    sql: str
    seconds: float


def environment(url: str, folder: Path) -> dict[str, str]:
    """The environment of a command that works on that endpoint; its sources lie in `folder`."""
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def run_days(folder: Path, url: str, scale: float, days: int) -> None:
    """Land, build and reconcile business days at that scale (1: 100,000 orders); those that were
    before are only checked."""
    command = [sys.executable, "-m", "lakehouse.cli", "demo", "--days", str(days)]
    command += ["--scale", str(scale)]
    endpoints.checked(command, cwd=PROJECT, env=environment(url, folder))


def statements(athena: Any) -> list[Statement]:
    """What dbt's nodes ran, in the order in which it was submitted."""
    executions = sorted(
        _executions(athena), key=lambda execution: execution["Status"]["SubmissionDateTime"]
    )
    found = []
    for execution in executions:
        node = _NODE.search(execution["Query"])
        if node:
            seconds = execution["Statistics"]["TotalExecutionTimeInMillis"] / 1000
            key = execution["QueryExecutionId"]
            found.append(Statement(key, node[1], execution["Query"], seconds))
    return found


def _executions(athena: Any) -> Iterator[dict[str, Any]]:
    pages = athena.get_paginator("list_query_executions").paginate()
    for page in pages:
        ids = page["QueryExecutionIds"]
        if ids:
            answer = athena.batch_get_query_execution(QueryExecutionIds=ids)
            yield from answer["QueryExecutions"]
