"""A small client of a running endpoint, for the command line: run statements, read their rows."""

import http.client
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from local_athena.errors import LocalAthenaError

Json = dict[str, Any]

_NUMBERS = {"tinyint", "smallint", "integer", "bigint"}
_FLOATS = {"double", "float", "real"}


class StatementFailedError(LocalAthenaError):
    """A statement ended as FAILED or CANCELLED; the message is Athena's reason."""


class NoAnswerError(LocalAthenaError):
    """Nothing answers at the endpoint's address, or something that is no Athena."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished statement: column names and types; `rows` streams text values, page by page.

    `full_types` have the digits of decimals and the lengths of varchars: `decimal(10,2)`.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: Iterator[tuple[str | None, ...]]
    full_types: tuple[str, ...] = ()


class AthenaClient:
    """Speaks Athena's JSON to one endpoint over one connection."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._url = url
        self._connection = http.client.HTTPConnection(
            address.hostname or "127.0.0.1", address.port, timeout=120
        )

    def run(self, sql: str, database: str, output_location: str) -> Answer:
        """Run a statement to its end.

        Raises:
            StatementFailedError: it did not succeed, or was refused.
        """
        started = self.call(
            "StartQueryExecution",
            QueryString=sql,
            ClientRequestToken=str(uuid.uuid4()),
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": output_location},
        )
        query_id = started["QueryExecutionId"]
        while True:
            answer = self.call("GetQueryExecution", QueryExecutionId=query_id)
            status = answer["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return self._answer(query_id)
            if status["State"] in ("FAILED", "CANCELLED"):
                raise StatementFailedError(status.get("StateChangeReason") or status["State"])

    def call(self, operation: str, **body: Any) -> Json:
        """One operation of the API.

        Raises:
            StatementFailedError: the endpoint refused.
            NoAnswerError: nothing answers there, or not as Athena does.
        """
        try:
            try:
                response = self._send(operation, body)
            except ConnectionError:
                self._connection.close()  # it was idle for long, and the other side ended it
                response = self._send(operation, body)
            answer: Json = json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswerError(
                f"{self._url} does not answer as an Athena ({error}): start `local-athena serve`, "
                "or correct AWS_ENDPOINT_URL"
            ) from error
        if response.status >= 400:
            raise StatementFailedError(answer.get("Message") or str(answer))
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _send(self, operation: str, body: Json) -> http.client.HTTPResponse:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonAthena.{operation}",
        }
        self._connection.request("POST", "/", json.dumps(body), headers)
        return self._connection.getresponse()

    def _answer(self, query_id: str) -> Answer:
        first = self.call("GetQueryResults", QueryExecutionId=query_id)
        columns = first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        names = tuple(column["Name"] for column in columns)
        types = tuple(column["Type"] for column in columns)
        full = tuple(_full_type(column) for column in columns)
        return Answer(names, types, self._rows(query_id, first, names), full)

    def _rows(
        self, query_id: str, page: Json, names: tuple[str, ...]
    ) -> Iterator[tuple[str | None, ...]]:
        rows = [_values(row) for row in page["ResultSet"]["Rows"]]
        execution = self.call("GetQueryExecution", QueryExecutionId=query_id)["QueryExecution"]
        if execution.get("StatementType") == "DML" and rows and rows[0] == names:
            rows = rows[1:]  # the header row of a SELECT
        yield from (_spread(row, len(names)) for row in rows)
        while "NextToken" in page:
            page = self.call(
                "GetQueryResults", QueryExecutionId=query_id, NextToken=page["NextToken"]
            )
            yield from (_spread(_values(row), len(names)) for row in page["ResultSet"]["Rows"])


def _spread(row: tuple[str | None, ...], width: int) -> tuple[str | None, ...]:
    """A row as wide as its columns: Hive's DESCRIBE and SHOW give a line of tabs as one cell."""
    if len(row) == width:
        return row
    cells = [cell.strip() for cell in (row[0] or "").split("\t", width - 1)]
    return (*cells, *[""] * (width - len(cells)))


def make_buckets(url: str, names: Iterable[str]) -> None:
    """Make S3 buckets that are not there.

    Raises:
        StatementFailedError: no bucket may have such a name.
    """
    address = urlsplit(url)
    for name in names:
        connection = http.client.HTTPConnection(
            address.hostname or "127.0.0.1", address.port, timeout=120
        )
        try:
            connection.request("PUT", f"/{quote(name, safe='')}", b"")
            response = connection.getresponse()
            answer = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        if response.status >= 400 and "BucketAlreadyOwnedByYou" not in answer:
            why = re.search(r"<Message>(.*?)</Message>", answer)
            raise StatementFailedError(
                f"the bucket {name!r} cannot be made: {why[1] if why else answer[:200]}"
            )


def _full_type(column: Json) -> str:
    kind = str(column["Type"])
    if kind == "decimal":
        return f"decimal({column['Precision']},{column['Scale']})"
    return f"{kind}({column['Precision']})" if kind in ("varchar", "char") else kind


def typed(value: str | None, kind: str) -> Any:
    """A text value as JSON has it: numbers and booleans bare, everything else text."""
    if value is None:
        return None
    if kind in _NUMBERS:
        return int(value)
    if kind in _FLOATS and value not in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    if kind == "boolean":
        return value == "true"
    return value


def _values(row: Json) -> tuple[str | None, ...]:
    return tuple(datum.get("VarCharValue") for datum in row["Data"])
