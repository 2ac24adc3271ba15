"""A process of `serve` has a bound that holds within one call of DuckDB, several at once, too."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_athena import memory

PROCESS_MEMORY = 600 << 20
RUNAWAY = "SELECT cardinality(transform(sequence(1, 10000), x -> sequence(1, 10000)))"
"""Its lists are made within one call of DuckDB, which nothing interrupts: 7.5 GB measured."""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux bounds and shows private memory"
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """(url, process id) of a server with little memory."""
    data = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-m", "local_athena.cli", "serve", "--port", "0", "--data", str(data)],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "LOCAL_ATHENA_PROCESS_MEMORY": str(PROCESS_MEMORY)},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    yield json.loads((data / "endpoint.json").read_text())["url"], process.pid
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def peak(process: int) -> int:
    """Bytes that a process has held at most."""
    (line,) = [
        line
        for line in Path(f"/proc/{process}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    ]
    return int(line.split()[1]) * 1024


def test_runaway_queries__at_once__fail_and_the_endpoint_stays_up(served: tuple[str, int]) -> None:
    url, process = served
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    athena: Any = boto3.client("athena", endpoint_url=url, **keys)
    boto3.client("s3", endpoint_url=url, **keys).create_bucket(Bucket="results")

    def run(sql: str) -> dict[str, Any]:
        query = athena.start_query_execution(
            QueryString=sql, ResultConfiguration={"OutputLocation": "s3://results/"}
        )["QueryExecutionId"]
        while True:
            found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)[
                "QueryExecution"
            ]["Status"]
            if found["State"] not in ("QUEUED", "RUNNING"):
                return found

    ends: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda: ends.append(run(RUNAWAY))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {end["State"] for end in ends} == {"FAILED"}
    for end in ends:
        assert end["StateChangeReason"].startswith("EXCEEDED_LOCAL_MEMORY_LIMIT"), end
        assert end["AthenaError"]["ErrorType"] == 0
    assert peak(process) < PROCESS_MEMORY + memory.ROOM
    for _ in range(3):
        last = run("SELECT 1")
        assert last["State"] == "SUCCEEDED", last
