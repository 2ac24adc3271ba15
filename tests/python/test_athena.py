from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lakehouse.athena import Athena, connect_athena
from lakehouse.errors import ConfigError, QueryError
from lakehouse.settings import Settings


class FakeClient:
    """Answers as boto3's Athena client; ``states`` are told one after the other."""

    def __init__(
        self,
        states: list[Mapping[str, Any]],
        pages: list[list[list[str | None]]] | None = None,
        statement_type: str = "DML",
        refuse: Exception | None = None,
    ) -> None:
        self.states = states
        self.pages = pages or [[]]
        self.statement_type = statement_type
        self.refuse = refuse
        self.started: list[dict[str, Any]] = []
        self.stopped: list[str] = []

    def start_query_execution(self, **request: Any) -> dict[str, str]:
        if self.refuse:
            raise self.refuse
        self.started.append(request)
        return {"QueryExecutionId": "q-1"}

    def get_query_execution(self, **request: Any) -> dict[str, Any]:
        status = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {
            "QueryExecution": {
                "Status": status,
                "StatementType": self.statement_type,
                "Statistics": {"DataScannedInBytes": 1234},
            }
        }

    def stop_query_execution(self, **request: Any) -> None:
        self.stopped.append(request["QueryExecutionId"])

    def get_query_results(self, **request: Any) -> dict[str, Any]:
        number = int(request.get("NextToken", "0"))
        rows = [
            {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
            for row in self.pages[number]
        ]
        answer: dict[str, Any] = {
            "ResultSet": {
                "Rows": rows,
                "ResultSetMetadata": {"ColumnInfo": [{"Name": "a"}, {"Name": "b"}]},
            }
        }
        if number + 1 < len(self.pages):
            answer["NextToken"] = str(number + 1)
        return answer


DONE = {"State": "SUCCEEDED"}


def make(client: FakeClient, **options: Any) -> Athena:
    waits: list[float] = []
    return Athena(client, "primary", "s3://results/", sleep=waits.append, **options)  # type: ignore[arg-type]


def test_run__a_select__leaves_the_header_out_and_keeps_nulls() -> None:
    client = FakeClient([{"State": "RUNNING"}, DONE], [[["a", "b"], ["1", None]], [["2", ""]]])
    result = make(client).run("select 1")
    assert result.columns == ("a", "b")
    assert result.rows == (("1", None), ("2", ""))
    assert result.scanned_bytes == 1234
    assert client.started == [
        {
            "QueryString": "select 1",
            "WorkGroup": "primary",
            "ResultConfiguration": {"OutputLocation": "s3://results/"},
        }
    ]


def test_run__a_statement_without_header__keeps_its_first_row() -> None:
    client = FakeClient([DONE], [[["t1", None]]], statement_type="UTILITY")
    assert make(client).run("show tables").rows == (("t1", None),)


@pytest.mark.parametrize("is_retryable", [True, False])
def test_run__a_failed_query__says_athenas_reason(is_retryable: bool) -> None:
    failed = {
        "State": "FAILED",
        "StateChangeReason": "COLUMN_NOT_FOUND: x",
        "AthenaError": {"Retryable": is_retryable},
    }
    with pytest.raises(QueryError, match="COLUMN_NOT_FOUND: x") as caught:
        make(FakeClient([failed])).run("select x")
    assert caught.value.query_id == "q-1"
    assert caught.value.retryable is is_retryable


def test_run__too_long__is_stopped() -> None:
    times = iter(range(0, 100, 10))
    client = FakeClient([{"State": "RUNNING"}])
    with pytest.raises(QueryError, match="stopped after 15 s"):
        make(client, timeout=15, clock=lambda: next(times)).run("select 1")
    assert client.stopped == ["q-1"]


@pytest.mark.parametrize(
    ("code", "is_retryable"),
    [("TooManyRequestsException", True), ("InvalidRequestException", False)],
)
def test_run__a_refused_query__tells_whether_to_try_again(code: str, is_retryable: bool) -> None:
    refusal = ClientError({"Error": {"Code": code, "Message": "no"}}, "StartQueryExecution")
    with pytest.raises(QueryError, match="Athena refused the query") as caught:
        make(FakeClient([DONE], refuse=refusal)).run("select 1")
    assert caught.value.retryable is is_retryable


def test_run__no_endpoint__may_be_tried_again() -> None:
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    with pytest.raises(QueryError, match="Athena does not answer") as caught:
        make(FakeClient([DONE], refuse=gone)).run("select 1")
    assert caught.value.retryable


def test_connect_athena__local_without_endpoint__names_the_variable() -> None:
    with pytest.raises(ConfigError, match="local-athena exec") as caught:
        connect_athena(Settings.from_env({}))
    assert caught.value.variable == "AWS_ENDPOINT_URL"


def test_connect_athena__a_shared_environment__leaves_results_to_its_workgroup() -> None:
    environ = {"LAKEHOUSE_ENV": "dev_ana", "LAKEHOUSE_BUCKET_PREFIX": "acme"}
    athena = connect_athena(Settings.from_env(environ))
    assert (athena.workgroup, athena.output) == ("lakehouse_dev", None)
