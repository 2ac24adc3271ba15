"""Run one statement on Athena and read its rows.

For the platform's own questions (reconciliation, the demonstration's summary): dbt has its own
cursor. Values come back as the text that Athena shows, null as None.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakehouse.contracts.inventory import LOCAL_ENVIRONMENTS, find_inventory
from lakehouse.errors import ConfigError, QueryError
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.01, 1.0
_PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows of a statement. columns: names; rows: texts, None for null; scanned_bytes: as billed
    before Athena's minimum."""

    query_id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    scanned_bytes: int


@dataclass(frozen=True, slots=True)
class Athena:
    """A workgroup to query. output: an S3 prefix for result files; None leaves it to the
    workgroup. timeout: seconds after which a statement is stopped."""

    client: AthenaClient
    workgroup: str
    output: str | None
    timeout: float = 900.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def run(self, sql: str) -> QueryResult:
        """Run a statement and return all its rows.

        Raises:
            QueryError: Athena refused it, failed it, or did not end in time; `retryable` says
                whether the same statement may succeed later.
        """
        query_id = self._start(sql)
        execution = self.wait(query_id)
        statistics = execution.get("Statistics", {})
        columns, rows = self._rows(query_id, execution.get("StatementType", "DML"))
        return QueryResult(query_id, columns, rows, int(statistics.get("DataScannedInBytes", 0)))

    def _start(self, sql: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        request: dict[str, Any] = {"QueryString": sql, "WorkGroup": self.workgroup}
        if self.output:
            request["ResultConfiguration"] = {"OutputLocation": self.output}
        try:
            return self.client.start_query_execution(**request)["QueryExecutionId"]
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            advice = ""
            if "output bucket" in str(error):
                advice = " Make the lake first: `lakehouse demo`, or `lakehouse contracts apply`."
            raise QueryError(
                f"Athena refused the query: {error}{advice}",
                retryable=code in ("TooManyRequestsException", "ThrottlingException"),
            ) from error
        except BotoCoreError as error:
            raise QueryError(f"Athena does not answer: {error}", retryable=True) from error

    def wait(self, query_id: str) -> Any:
        """The execution, once it has succeeded."""
        deadline = self.clock() + self.timeout
        wait = _FIRST_WAIT_SECONDS
        while True:
            execution: Any = self.client.get_query_execution(QueryExecutionId=query_id)[
                "QueryExecution"
            ]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                return execution
            if status["State"] in ("FAILED", "CANCELLED"):
                reason = status.get("StateChangeReason") or status["State"].lower()
                retryable = bool(status.get("AthenaError", {}).get("Retryable", False))
                raise QueryError(reason, query_id=query_id, retryable=retryable)
            if self.clock() > deadline:
                self.client.stop_query_execution(QueryExecutionId=query_id)
                raise QueryError(
                    f"stopped after {self.timeout:.0f} s", query_id=query_id, retryable=True
                )
            self.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    def _rows(
        self, query_id: str, statement_type: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
        columns: tuple[str, ...] = ()
        rows: list[tuple[str | None, ...]] = []
        token: str | None = None
        while True:
            more: dict[str, Any] = {"NextToken": token} if token else {}
            page = self.client.get_query_results(
                QueryExecutionId=query_id, MaxResults=_PAGE_ROWS, **more
            )
            data = page["ResultSet"].get("Rows", [])
            if token is None:
                info = page["ResultSet"].get("ResultSetMetadata", {}).get("ColumnInfo", [])
                columns = tuple(column["Name"] for column in info)
                # Only rows of SELECT begin with the names of their columns.
                data = data[1:] if statement_type == "DML" else data
            rows.extend(tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in data)
            token = page.get("NextToken")
            if token is None:
                return columns, tuple(rows)


def connect_athena(settings: Settings, *, output: str | None = None) -> Athena:
    """Connect to the environment's Athena.

    Local environments use the workgroup `primary` and write results below `output`; others use
    their stage's, which knows where results go.

    Raises:
        ConfigError: a local environment without AWS_ENDPOINT_URL, or one on AWS without a prefix.
    """
    import boto3  # slow to import

    is_local = settings.environment in LOCAL_ENVIRONMENTS
    if is_local and not settings.endpoint_url:
        raise ConfigError(
            f"the {settings.environment} lake needs AWS_ENDPOINT_URL: run this under "
            "`local-athena exec -- …`, or set the variable to a running `local-athena serve`",
            variable="AWS_ENDPOINT_URL",
        )
    inventory = find_inventory(settings)
    client = boto3.client("athena", region_name=settings.region, endpoint_url=settings.endpoint_url)
    if not is_local:
        return Athena(client, inventory.workgroup(settings.environment), output)
    bucket = inventory.bucket(settings.environment, "athena-results")
    return Athena(client, "primary", output or f"s3://{bucket}/lakehouse/")
