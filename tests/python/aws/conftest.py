"""Where the tests marked `aws_verified` run: an endpoint of their own, or a real account.

`make aws-verify` sets LAKEHOUSE_AWS_VERIFY after it has looked at credentials and environment; the
tests are the same. Everything is made for the run under names of its own and removed at its end,
whatever happened. A query may scan 10 MB (the least that Athena can limit), a run 50 queries.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

BYTES_A_QUERY = 10_000_000
QUERIES_A_RUN = 50
"""At 5 USD a TB and 10 MB for each query at least: less than a US cent a run."""
_SECONDS_A_QUERY = 120.0


@dataclass
class Account:
    """Clients of an account, and what a run may use there: a bucket, a database, a workgroup."""

    athena: Any
    name: str
    bucket: str
    pause: float
    asked: int = field(default=0)

    def run(self, sql: str) -> dict[str, Any]:
        """Run a statement to its end; the whole execution."""
        self.asked += 1
        assert self.asked <= QUERIES_A_RUN, "this run has asked more queries than it may pay for"
        query_id = self.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.name},
            WorkGroup=self.name,
        )["QueryExecutionId"]
        deadline = time.monotonic() + _SECONDS_A_QUERY
        while True:
            execution: dict[str, Any] = self.athena.get_query_execution(QueryExecutionId=query_id)[
                "QueryExecution"
            ]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            if time.monotonic() > deadline:
                self.athena.stop_query_execution(QueryExecutionId=query_id)
                pytest.fail(f"no end after {_SECONDS_A_QUERY:.0f} s: {sql}")
            time.sleep(self.pause)

    def succeed(self, sql: str) -> dict[str, Any]:
        """Run a statement that must succeed; the whole execution."""
        execution = self.run(sql)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return execution

    def results(self, sql: str) -> dict[str, Any]:
        """The result set of a query: its rows, the header first, and its metadata."""
        query_id = self.succeed(sql)["QueryExecutionId"]
        found: dict[str, Any] = self.athena.get_query_results(QueryExecutionId=query_id)
        return found["ResultSet"]


@pytest.fixture(scope="session")
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """An account with an empty database and bucket; all of it is gone at the end."""
    is_real = bool(os.environ.get("LAKEHOUSE_AWS_VERIFY"))
    given: dict[str, Any] = {}
    if not is_real:
        endpoint = request.getfixturevalue("local_athena")
        given = {
            "endpoint_url": endpoint.url,
            "region_name": "us-east-1",
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
        }
    session = boto3.Session()
    athena, glue, s3 = (session.client(name, **given) for name in ("athena", "glue", "s3"))
    name = f"lakehouse_verify_{uuid.uuid4().hex[:12]}"
    bucket = name.replace("_", "-")
    with ExitStack() as made:
        region = s3.meta.region_name
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **({} if region == "us-east-1" else place))
        made.callback(_delete_bucket, s3, bucket)
        athena.create_work_group(
            Name=name,
            Configuration={
                "ResultConfiguration": {"OutputLocation": f"s3://{bucket}/results/"},
                "EnforceWorkGroupConfiguration": False,
                "BytesScannedCutoffPerQuery": BYTES_A_QUERY,
            },
        )
        made.callback(_always, athena.delete_work_group, WorkGroup=name, RecursiveDeleteOption=True)
        glue.create_database(DatabaseInput={"Name": name})
        made.callback(_always, glue.delete_database, Name=name)
        yield Account(athena, name, bucket, pause=1.0 if is_real else 0.01)


def _always(call: Callable[..., Any], **arguments: Any) -> None:
    """Remove one thing; say so when that fails, and let the next one be removed."""
    try:
        call(**arguments)
    except Exception as error:  # noqa: BLE001  (whatever it is, the rest must go too)
        pytest.fail(f"left behind, remove it by hand: {arguments}: {error}", pytrace=False)


def _delete_bucket(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"])
    _always(s3.delete_bucket, Bucket=bucket)
