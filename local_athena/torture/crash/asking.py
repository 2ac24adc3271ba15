"""Asking the endpoint as its clients do: boto3, one set of clients for each life of the server."""

import time
from typing import Any

import boto3
from botocore.config import Config

KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
OUTPUT = {"OutputLocation": "s3://results/"}
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
_session = boto3.session.Session()


class Clients:
    """boto3 clients without retries: what is answered is answered once."""

    def __init__(self, url: str) -> None:
        self.url = url
        config = Config(
            retries={"max_attempts": 0}, connect_timeout=10, read_timeout=120,
            max_pool_connections=32, s3={"addressing_style": "path"},
        )  # fmt: skip

        def make(service: str) -> Any:
            return _session.client(
                service, endpoint_url=url, region_name="us-east-1", config=config, **KEYS
            )

        self.s3, self.glue, self.athena = make("s3"), make("glue"), make("athena")


class Queries:
    """Queries of the whole run: what was started, and how it ended as far as it was told."""

    def __init__(self) -> None:
        self.told: dict[str, str | None] = {}

    def run(self, clients: Clients, sql: str) -> tuple[str, str]:
        """(final state, reason) of a statement."""
        started = clients.athena.start_query_execution(QueryString=sql, ResultConfiguration=OUTPUT)
        query_id = started["QueryExecutionId"]
        self.told[query_id] = None
        while True:
            answer = clients.athena.get_query_execution(QueryExecutionId=query_id)
            status = answer["QueryExecution"]["Status"]
            if status["State"] in FINAL:
                self.told[query_id] = status["State"]
                return status["State"], status.get("StateChangeReason", "")
            time.sleep(0.01)

    def rows(self, clients: Clients, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of a query, which must succeed."""
        started = clients.athena.start_query_execution(QueryString=sql, ResultConfiguration=OUTPUT)
        query_id = started["QueryExecutionId"]
        self.told[query_id] = None
        while True:
            status = clients.athena.get_query_execution(QueryExecutionId=query_id)[
                "QueryExecution"
            ]["Status"]
            if status["State"] in FINAL:
                break
            time.sleep(0.01)
        self.told[query_id] = status["State"]
        assert status["State"] == "SUCCEEDED", f"{sql}: {status}"
        found: list[tuple[str | None, ...]] = []
        token: dict[str, str] = {}
        while True:
            page = clients.athena.get_query_results(QueryExecutionId=query_id, **token)
            rows = page["ResultSet"]["Rows"]
            found += [tuple(v.get("VarCharValue") for v in row["Data"]) for row in rows]
            if "NextToken" not in page:
                return found[1:]
            token = {"NextToken": page["NextToken"]}
