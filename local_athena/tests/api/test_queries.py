"""Query executions as boto3 sees them; rules from the Athena API reference and from its clients."""

import shutil
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_athena.engine.contract import QueryFailed
from local_athena.server import Endpoint

OUT = {"OutputLocation": "s3://results/out"}
UNKNOWN = "00000000-0000-0000-0000-000000000000"


def start(athena: Any, sql: str, **options: Any) -> str:
    options.setdefault("ResultConfiguration", OUT)
    query_id: str = athena.start_query_execution(QueryString=sql, **options)["QueryExecutionId"]
    return query_id


@pytest.mark.parametrize(
    ("bucket", "made"), [("nowhere", False), ("aws-athena-query-results-1-x", True)]
)
def test_start__bucket_that_is_missing__only_athena_s_own_is_made(
    athena: Any, s3: Any, bucket: str, made: bool
) -> None:
    given = {
        "QueryString": "select 1",
        "ResultConfiguration": {"OutputLocation": f"s3://{bucket}/r/"},
    }
    if made:
        assert finish(athena, athena.start_query_execution(**given)["QueryExecutionId"])
    else:
        text = f"Unable to verify/create output bucket {bucket}"
        assert refusal(athena.start_query_execution, **given) == ("InvalidRequestException", text)
    assert (bucket in {found["Name"] for found in s3.list_buckets()["Buckets"]}) == made
    assert not [q for q in athena.list_query_executions()["QueryExecutionIds"] if not made]


def finish(athena: Any, query_id: str) -> dict[str, Any]:
    while True:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query_id)[
            "QueryExecution"
        ]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution


def run(athena: Any, sql: str, **options: Any) -> dict[str, Any]:
    return finish(athena, start(athena, sql, **options))


def refusal(call: Callable[..., Any], **options: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**options)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def rows(page: dict[str, Any]) -> list[list[str | None]]:
    return [
        [datum.get("VarCharValue") for datum in row["Data"]] for row in page["ResultSet"]["Rows"]
    ]


def test_get_query_execution__select__has_what_clients_read(athena: Any) -> None:
    execution = run(athena, "select 2", QueryExecutionContext={"Database": "d"})
    query_id = execution["QueryExecutionId"]
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "SELECT")
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://results/out/{query_id}.csv"
    assert execution["WorkGroup"] == "primary"
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert execution["QueryExecutionContext"] == {"Database": "d"}
    statistics = execution["Statistics"]
    assert statistics["QueryQueueTimeInMillis"] >= 1  # PyAthena asserts that it is not zero
    assert statistics["DataScannedInBytes"] == 20
    for name in ("EngineExecutionTimeInMillis", "TotalExecutionTimeInMillis",
                 "QueryPlanningTimeInMillis", "ServiceProcessingTimeInMillis"):  # fmt: skip
        assert statistics[name] >= 0


def test_metadata_file__after_success__lies_beside_the_result(athena: Any, s3: Any) -> None:
    query_id = run(athena, "select 1")["QueryExecutionId"]
    body = s3.get_object(Bucket="results", Key=f"out/{query_id}.csv.metadata")["Body"].read()
    assert body.startswith(b"\n\x24" + query_id.encode() + b'"')
    assert body.index(b"nothing") > body.index(b"varchar")


def test_get_query_results__pages__header_once_and_every_row(athena: Any) -> None:
    query_id = run(athena, "select 2500")["QueryExecutionId"]
    first = athena.get_query_results(QueryExecutionId=query_id)
    assert len(first["ResultSet"]["Rows"]) == 1000  # the header counts
    assert rows(first)[:2] == [["n", "nothing"], ["0", None]]
    pages = athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=query_id, PaginationConfig={"PageSize": 7}
    )
    found = [row for page in pages for row in rows(page)]
    assert found == [["n", "nothing"]] + [[str(number), None] for number in range(2500)]


def test_get_query_results__columns__as_the_engine_says(athena: Any) -> None:
    query_id = run(athena, "select 1")["QueryExecutionId"]
    page = athena.get_query_results(QueryExecutionId=query_id)
    first, second = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert first == {
        "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": "n", "Label": "n",
        "Type": "varchar", "Precision": 2147483647, "Scale": 0, "Nullable": "UNKNOWN",
        "CaseSensitive": True,
    }  # fmt: skip
    assert (second["Type"], second["Precision"], second["CaseSensitive"]) == ("integer", 10, False)


def test_get_query_results__no_header__starts_with_data(athena: Any) -> None:
    query_id = run(athena, "create 3")["QueryExecutionId"]
    page = athena.get_query_results(QueryExecutionId=query_id)
    assert rows(page) == []
    assert page["UpdateCount"] == 3


@pytest.mark.parametrize("size", [1001, 5000])
def test_get_query_results__too_many__is_refused(athena: Any, size: int) -> None:
    query_id = run(athena, "select 1")["QueryExecutionId"]
    code, message = refusal(athena.get_query_results, QueryExecutionId=query_id, MaxResults=size)
    assert code == "InvalidRequestException"
    assert "1000" in message


def test_get_query_results__token_of_another_query__is_refused(athena: Any) -> None:
    first, second = (run(athena, "select 3000")["QueryExecutionId"] for _ in range(2))
    token = athena.get_query_results(QueryExecutionId=first)["NextToken"]
    for bad in (token, "garbage"):
        code, _ = refusal(athena.get_query_results, QueryExecutionId=second, NextToken=bad)
        assert code == "InvalidRequestException"


def test_ctas__manifest__is_named_and_readable(athena: Any) -> None:
    execution = run(athena, "create 2")
    query_id = execution["QueryExecutionId"]
    assert execution["StatementType"] == "DDL"
    assert execution["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    assert execution["Statistics"]["DataManifestLocation"] == (
        f"s3://results/out/tables/{query_id}-manifest.csv"
    )
    page = athena.get_query_results(QueryExecutionId=query_id, QueryResultType="DATA_MANIFEST")
    assert rows(page) == [["s3://lake/t/0"], ["s3://lake/t/1"]]


def test_failure__of_the_user__has_the_parts_that_clients_retry_on(athena: Any) -> None:
    status = run(athena, "fail")["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"] == "ICEBERG_COMMIT_ERROR: Failed to commit"
    assert status["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 233,
        "Retryable": True,
        "ErrorMessage": "ICEBERG_COMMIT_ERROR: Failed to commit",
    }


def test_failure__of_the_engine__is_a_system_error_without_traceback(athena: Any) -> None:
    status = run(athena, "crash")["Status"]
    assert status["AthenaError"]["ErrorCategory"] == 1
    assert "Traceback" not in status["StateChangeReason"]


def test_stop__running_query__frees_its_thread(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any]
) -> None:
    athena = client_of(start_endpoint(), "athena")
    waiting = [start(athena, "wait") for _ in range(20)]  # more than there are threads
    last = start(athena, "select 1")
    for query_id in waiting:
        athena.stop_query_execution(QueryExecutionId=query_id)
    assert finish(athena, last)["Status"]["State"] == "SUCCEEDED"
    for query_id in waiting:
        assert finish(athena, query_id)["Status"]["State"] == "CANCELLED"
    athena.stop_query_execution(QueryExecutionId=last)  # finished: stays as it is
    assert finish(athena, last)["Status"]["State"] == "SUCCEEDED"


def test_get_query_execution__running__answers_within_a_second_or_so(athena: Any) -> None:
    query_id = start(athena, "wait")
    began = time.monotonic()
    state = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
    assert time.monotonic() - began < 3
    assert state["State"] in ("RUNNING", "QUEUED")
    asked = {"QueryExecutionId": query_id}
    stop = threading.Timer(0.05, athena.stop_query_execution, kwargs=asked)
    stop.start()
    began = time.monotonic()
    assert finish(athena, query_id)["Status"]["State"] == "CANCELLED"
    assert time.monotonic() - began < 0.9  # answered when done, not after the full wait
    stop.join()


def test_token__many_at_once__one_query(athena: Any) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(start(athena, "select 1", ClientRequestToken="u" * 40))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_result_reuse__same_text_again__reads_nothing(athena: Any) -> None:
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 10}}
    first = run(athena, "select 4", ResultReuseConfiguration=reuse)
    assert not first["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    second = run(athena, "select 4", ResultReuseConfiguration=reuse)
    assert second["QueryExecutionId"] != first["QueryExecutionId"]
    assert second["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert second["Statistics"]["DataScannedInBytes"] == 0
    page = athena.get_query_results(QueryExecutionId=second["QueryExecutionId"])
    assert len(rows(page)) == 5
    for options in ({}, {"ResultReuseConfiguration": reuse, "WorkGroup": "primary",
                         "QueryExecutionContext": {"Database": "other"}}):  # fmt: skip
        again = run(athena, "select 4", **options)
        assert not again["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]


def test_result_reuse__result_file_gone__runs_again(athena: Any, s3: Any) -> None:
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True}}
    first = run(athena, "select 1", ResultReuseConfiguration=reuse)
    s3.delete_object(Bucket="results", Key=f"out/{first['QueryExecutionId']}.csv")
    again = run(athena, "select 1", ResultReuseConfiguration=reuse)
    assert not again["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]


def test_list_and_batch_get__newest_first__unknown_apart(athena: Any) -> None:
    ids = [run(athena, f"select {number}")["QueryExecutionId"] for number in range(1, 4)]
    pages = athena.get_paginator("list_query_executions").paginate(
        WorkGroup="primary", PaginationConfig={"PageSize": 2}
    )
    assert [one for page in pages for one in page["QueryExecutionIds"]] == ids[::-1]
    batch = athena.batch_get_query_execution(QueryExecutionIds=[*ids, UNKNOWN])
    assert [one["Query"] for one in batch["QueryExecutions"]] == [
        "select 1",
        "select 2",
        "select 3",
    ]
    assert batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == UNKNOWN


def test_runtime_statistics__finished_query__has_timeline_and_rows(athena: Any) -> None:
    query_id = run(athena, "select 5")["QueryExecutionId"]
    found = athena.get_query_runtime_statistics(QueryExecutionId=query_id)["QueryRuntimeStatistics"]
    assert found["Rows"]["OutputRows"] == 5
    assert found["Timeline"]["QueryQueueTimeInMillis"] >= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"QueryString": ""}, "Member must have length greater than or equal to 1"),
        ({"QueryString": "x" * 262_145}, "Member must have length less than or equal to 262144"),
        ({"QueryString": "é" * 200_000}, "longer than 262144 bytes"),
        ({"QueryString": "x", "WorkGroup": "none"}, "WorkGroup is not found."),
        ({"QueryString": "x", "WorkGroup": "a b"}, "regular expression pattern"),
        ({"QueryString": "x", "ResultConfiguration": {}}, "No output location provided."),
        (
            {"QueryString": "x", "ResultConfiguration": {"OutputLocation": "/tmp/x"}},
            "outputLocation is not a valid S3 path.",
        ),
    ],
)
def test_start__bad_input__is_refused_in_aws_words(
    endpoint: Endpoint, client_of: Callable[..., Any], options: dict[str, Any], message: str
) -> None:
    athena = client_of(endpoint, "athena", parameter_validation=False)
    options.setdefault("ResultConfiguration", OUT)
    code, found = refusal(athena.start_query_execution, **options)
    assert code == "InvalidRequestException"
    assert message in found


def test_unknown_query__every_operation__says_it_was_not_found(athena: Any) -> None:
    for call in (athena.get_query_execution, athena.get_query_results,
                 athena.stop_query_execution, athena.get_query_runtime_statistics):  # fmt: skip
        assert refusal(call, QueryExecutionId=UNKNOWN) == (
            "InvalidRequestException",
            f"QueryExecution {UNKNOWN} was not found",
        )


def test_restart__history__stays_and_running_queries_are_failed(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any], tmp_path: Any
) -> None:
    first = start_endpoint()
    athena = client_of(first, "athena")
    done = run(athena, "select 3")
    running = start(athena, "wait")
    assert athena.get_query_execution(QueryExecutionId=running)
    # what a killed server leaves behind: its files, copied while it still runs
    shutil.copytree(
        first.settings.data, tmp_path / "crashed", ignore=shutil.ignore_patterns("lock")
    )
    athena.stop_query_execution(QueryExecutionId=running)

    athena = client_of(start_endpoint(tmp_path / "crashed"), "athena")
    again = athena.get_query_execution(QueryExecutionId=done["QueryExecutionId"])["QueryExecution"]
    assert again == done
    page = athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])
    assert len(rows(page)) == 4
    status = finish(athena, running)["Status"]
    assert status["State"] == "FAILED"
    assert status["AthenaError"]["ErrorCategory"] == 1


def test_start__context_and_parameters__reach_the_engine(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any]
) -> None:
    from_api: list[Any] = []

    class Recorder:
        def __init__(self, *_: Any) -> None:
            """Takes what an engine takes."""

        def refusal(self, sql: str) -> str | None:
            return None

        def execute(self, request: Any, control: Any) -> Any:
            from_api.append(request)
            raise QueryFailed("NOT_SUPPORTED", "recorded")

        def close(self) -> None:
            """Nothing to give back."""

    athena = client_of(start_endpoint(engine_factory=Recorder), "athena")
    athena.create_prepared_statement(
        StatementName="pp", WorkGroup="primary", QueryStatement="select ?"
    )
    run(
        athena,
        "execute pp",
        QueryExecutionContext={"Database": "`sales`", "Catalog": "AwsDataCatalog"},
        ExecutionParameters=["'a'", "7"],
    )
    (request,) = from_api
    assert request.database == "sales"  # awswrangler sends it in backticks
    assert request.parameters == ("'a'", "7")
    assert request.output_location == "s3://results/out/"
    assert request.prepared.get("pp").sql == "select ?"
    assert request.started_at.utcoffset().total_seconds() == 0
