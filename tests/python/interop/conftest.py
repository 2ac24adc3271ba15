"""The lake of this project's own build, and other engines beside it: `make interop`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from local_athena.engine.trino.java import find_java
from local_athena.errors import EngineUnavailableError
from pyiceberg.catalog.glue import GlueCatalog

import local_athena

BIN = Path(sys.executable).parent
KEYS = {"region": "us-east-1", "access-key-id": "local", "secret-access-key": "local"}
Rows = list[tuple[str | None, ...]]


def command(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **variables, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False)


def build(folder: Path, *options: str) -> Path:
    """A data folder with a built day."""
    done = command(
        "local-athena", "exec", "--data", str(folder / "lake"), *options, "--",
        "lakehouse", "demo", "--days", "1", "--scale", "0.002",
        LAKEHOUSE_SOURCES_DIR=str(folder / "sources"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "lake"


def client(service: str, endpoint: local_athena.Endpoint) -> Any:
    """A boto3 client of the endpoint."""
    return boto3.client(
        service, endpoint_url=endpoint.url, region_name="us-east-1",
        aws_access_key_id="local", aws_secret_access_key="local",
    )  # fmt: skip


@pytest.fixture(scope="session")
def run_command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of the environment."""
    return command


@pytest.fixture(scope="session")
def build_lake() -> Callable[..., Path]:
    """Build a day of the project into a folder, with options of `local-athena exec`."""
    return build


@pytest.fixture(scope="session")
def embedded_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that the embedded engine built."""
    return build(tmp_path_factory.mktemp("embedded"))


@pytest.fixture(scope="session")
def java() -> None:
    """A Java for Trino, or a skip that says what is missing."""
    try:
        find_java()
    except EngineUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def endpoint(embedded_lake: Path) -> Iterator[local_athena.Endpoint]:
    """An endpoint on that lake, with a bucket for tables of others."""
    with local_athena.serve(embedded_lake) as served:
        client("s3", served).create_bucket(Bucket="interop")
        yield served


@pytest.fixture(scope="module")
def ask(endpoint: local_athena.Endpoint) -> Callable[[str], Rows]:
    """The rows of a statement, as text; it must succeed."""
    athena = client("athena", endpoint)
    output = {"OutputLocation": "s3://interop/results/"}

    def run(sql: str) -> Rows:
        started = athena.start_query_execution(QueryString=sql, ResultConfiguration=output)
        query = {"QueryExecutionId": started["QueryExecutionId"]}
        while True:
            status = athena.get_query_execution(**query)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
        assert status["State"] == "SUCCEEDED", (sql, status)
        rows = athena.get_query_results(**query)["ResultSet"]["Rows"]
        return [tuple(value.get("VarCharValue") for value in row["Data"]) for row in rows[1:]]

    return run


@pytest.fixture(scope="module")
def pyiceberg(endpoint: local_athena.Endpoint) -> Any:
    """PyIceberg's Glue catalog at the endpoint."""
    return GlueCatalog(
        "lake",
        **{f"{kind}.{name}": value for kind in ("glue", "s3") for name, value in KEYS.items()},
        **{"glue.endpoint": endpoint.url, "s3.endpoint": endpoint.url},
    )
