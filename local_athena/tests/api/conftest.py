"""Raw requests: bodies that no SDK would send, and answers as they stand on the wire."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from local_athena.server import Endpoint

Json = dict[str, Any]


def start(athena: Any, sql: str, **more: Any) -> str:
    """Start a query; its id."""
    given = {"OutputLocation": "s3://results/"}
    request = {"QueryString": sql, "ResultConfiguration": given, **more}
    query_id: str = athena.start_query_execution(**request)["QueryExecutionId"]
    return query_id


def ended(athena: Any, query_id: str) -> None:
    """Wait for a query's end, whatever it is."""
    while True:
        found = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return


class Wire:
    """One connection to an endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._connection = http.client.HTTPConnection(endpoint.url.removeprefix("http://"))

    def send(self, target: str, body: bytes) -> tuple[int, Json]:
        """The status and the body of an answer to whatever bytes."""
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        self._connection.request("POST", "/", body, headers)
        answer = self._connection.getresponse()
        assert "x-amzn-errortype" not in answer.headers  # Athena sends none
        return answer.status, json.loads(answer.read())

    def ask(self, operation: str, **body: Any) -> tuple[int, Json]:
        """The status and the body of Athena's answer."""
        return self.send(f"AmazonAthena.{operation}", json.dumps(body).encode())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    @staticmethod
    def invalid(message: str, reason: str = "INVALID_INPUT") -> tuple[int, Json]:
        """Athena's answer to a request that it refuses."""
        body = {"AthenaErrorCode": reason, "ErrorCode": reason, "Message": message}
        return 400, {"__type": "InvalidRequestException", **body}


@pytest.fixture
def wire(endpoint: Endpoint) -> Iterator[Wire]:
    """A connection to the endpoint."""
    made = Wire(endpoint)
    yield made
    made.close()
