"""A full refresh on a lake that days built, and the rows of every table before and after."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import boto3

from lakehouse.athena import Athena
from tests.python.demo.contents import Content, read_contents

DATABASES = ("local_integration", "local_curated", "local_snapshots")
OUTPUT = "s3://lakehouse-local-athena-results/test/"
Dbt = Callable[..., subprocess.CompletedProcess[str]]


def client(endpoint: Any, service: str = "athena") -> Any:
    """A client of a service of a served endpoint."""
    return boto3.client(
        service,
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def athena_of(endpoint: Any) -> Athena:
    """Athena of a served endpoint."""
    return Athena(client(endpoint), "primary", OUTPUT)


def before_and_after_full_refresh(
    endpoint: Any, dbt: Dbt, run_date: str, *select: str
) -> tuple[dict[str, Content], dict[str, Content]]:
    """The content of every table before and after the selected nodes, or all, are built anew.

    The run keeps the business date of the last incremental one: the tables that say what a run
    has touched must be the same too. A snapshot is never made anew by dbt: it must not change.
    """
    athena, glue, s3 = athena_of(endpoint), client(endpoint, "glue"), client(endpoint, "s3")
    before = read_contents(athena, glue, s3, DATABASES)
    untested = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    dated = ("--vars", json.dumps({"run_date": run_date}))
    answer = dbt("build", "--full-refresh", *untested, *select, *dated)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return before, read_contents(athena, glue, s3, DATABASES)
