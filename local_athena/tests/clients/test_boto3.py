"""boto3 as it is: paginators of every list, waiters, and answers held to the service model."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from botocore.waiter import WaiterModel, create_waiter_with_client
from local_athena.pytest_plugin import AthenaDatabase
from local_athena.server import Endpoint

FINISHED = WaiterModel(
    {
        "version": 2,
        "waiters": {
            "QueryFinished": {
                "operation": "GetQueryExecution",
                "delay": 0,
                "maxAttempts": 600,
                "acceptors": [
                    {
                        "matcher": "path",
                        "argument": "QueryExecution.Status.State",
                        "expected": expected,
                        "state": state,
                    }
                    for expected, state in (
                        ("SUCCEEDED", "success"),
                        ("FAILED", "failure"),
                        ("CANCELLED", "failure"),
                    )
                ],
            }
        },
    }
)


@pytest.fixture(scope="module")
def athena(database: AthenaDatabase) -> Any:
    return boto3.client("athena")


def start(athena: Any, database: AthenaDatabase, sql: str) -> str:
    query_id: str = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": database.name},
        ResultConfiguration={"OutputLocation": database.output_location},
    )["QueryExecutionId"]
    return query_id


def wait(athena: Any, query_id: str) -> None:
    waiter = create_waiter_with_client("QueryFinished", FINISHED, athena)
    waiter.wait(QueryExecutionId=query_id)


@pytest.fixture(scope="module", autouse=True)
def things(athena: Any, database: AthenaDatabase) -> None:
    """Three of everything that can be listed."""
    for number in range(3):
        database.run(f"create view v{number} as select {number} as a")
        athena.create_named_query(Name=f"n{number}", Database="d", QueryString="select 1")
        athena.create_prepared_statement(
            StatementName=f"p{number}", WorkGroup="primary", QueryStatement="select 1"
        )
        athena.create_work_group(Name=f"w{number}", Tags=[{"Key": f"k{number}", "Value": "v"}])
        athena.create_data_catalog(Name=f"c{number}", Type="LAMBDA", Parameters={"function": "f"})
        wait(athena, start(athena, database, f"select {number}"))


@pytest.mark.parametrize(
    ("operation", "key", "request_", "least"),
    [
        ("list_databases", "DatabaseList", {"CatalogName": "AwsDataCatalog"}, 2),
        ("list_data_catalogs", "DataCatalogsSummary", {}, 4),
        ("list_named_queries", "NamedQueryIds", {}, 3),
        ("list_query_executions", "QueryExecutionIds", {}, 3),
        ("list_prepared_statements", "PreparedStatements", {"WorkGroup": "primary"}, 3),
        ("list_work_groups", "WorkGroups", {}, 4),
        ("list_engine_versions", "EngineVersions", {}, 2),
    ],
)
def test_lists__page_by_page__as_in_one(
    athena: Any, operation: str, key: str, request_: dict[str, Any], least: int
) -> None:
    whole = list(_pages(athena, operation, key, request_))
    found = list(_pages(athena, operation, key, {"MaxResults": 2, **request_}))
    assert all(len(page) <= 2 for page in found)
    assert list(chain(*found)) == list(chain(*whole))
    assert sum(map(len, whole)) >= least


def _pages(athena: Any, operation: str, key: str, request: dict[str, Any]) -> Iterator[list[Any]]:
    """What each page of a list holds, token by token."""
    token: dict[str, str] = {}
    while True:
        page = getattr(athena, operation)(**request, **token)
        yield page[key]
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def test_paginators__all_that_boto3_has(
    athena: Any, database: AthenaDatabase, local_athena: Endpoint
) -> None:
    names = [
        name
        for name, operation in athena.meta.method_to_api_mapping.items()
        if athena.can_paginate(name) and local_athena.answers("AmazonAthena", operation)
    ]
    requests: dict[str, tuple[dict[str, Any], str]] = {
        "get_query_results": (
            {"QueryExecutionId": start(athena, database, "select 1 union all select 2")},
            "ResultSet.Rows",
        ),
        "list_data_catalogs": ({}, "DataCatalogsSummary"),
        "list_databases": ({"CatalogName": "AwsDataCatalog"}, "DatabaseList"),
        "list_named_queries": ({}, "NamedQueryIds"),
        "list_query_executions": ({}, "QueryExecutionIds"),
        "list_table_metadata": (
            {"CatalogName": "AwsDataCatalog", "DatabaseName": database.name},
            "TableMetadataList",
        ),
        "list_tags_for_resource": (
            {"ResourceARN": "arn:aws:athena:us-east-1:123456789012:workgroup/w1"},
            "Tags",
        ),
    }
    assert set(names) == set(requests)
    wait(athena, requests["get_query_results"][0]["QueryExecutionId"])
    for name, (request, path) in requests.items():
        pages = athena.get_paginator(name).paginate(**request)
        assert list(pages.search(f"{path}[]")), name


def test_waiter__query__success_and_failure(athena: Any, database: AthenaDatabase) -> None:
    wait(athena, start(athena, database, "select 1"))
    with pytest.raises(Exception, match="terminal failure"):
        wait(athena, start(athena, database, "select 1 / 0"))


def test_waiters__objects_and_buckets(athena: Any, database: AthenaDatabase) -> None:
    s3 = boto3.client("s3")
    s3.get_waiter("bucket_exists").wait(Bucket=database.bucket)
    query_id = start(athena, database, "select 1")
    wait(athena, query_id)
    where = {"Bucket": database.bucket, "Key": f"results/{query_id}.csv"}
    s3.get_waiter("object_exists").wait(**where)
    s3.delete_object(**where)
    s3.get_waiter("object_not_exists").wait(**where)


def test_presigned_url__of_a_result__is_the_csv(athena: Any, database: AthenaDatabase) -> None:
    from urllib.request import urlopen

    query_id = start(athena, database, "select 'x' as a")
    wait(athena, query_id)
    url = boto3.client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": database.bucket, "Key": f"results/{query_id}.csv"}
    )
    with urlopen(url) as answer:
        assert answer.read() == b'"a"\n"x"\n'


def test_answers__have_no_member_that_the_model_lacks(
    athena: Any, database: AthenaDatabase, local_athena: Endpoint
) -> None:
    """Answers are checked as if they were requests of their output shape: names and types."""
    model = botocore.session.get_session().get_service_model("athena")
    query_id = start(athena, database, "select 1 as a")
    wait(athena, query_id)
    calls: dict[str, dict[str, Any]] = {
        "GetQueryExecution": {"QueryExecutionId": query_id},
        "BatchGetQueryExecution": {"QueryExecutionIds": [query_id, "no-such-id"]},
        "GetQueryResults": {"QueryExecutionId": query_id},
        "GetQueryRuntimeStatistics": {"QueryExecutionId": query_id},
        "ListQueryExecutions": {},
        "GetWorkGroup": {"WorkGroup": "w1"},
        "ListWorkGroups": {},
        "ListEngineVersions": {},
        "GetDataCatalog": {"Name": "AwsDataCatalog"},
        "ListDataCatalogs": {},
        "GetDatabase": {"CatalogName": "AwsDataCatalog", "DatabaseName": database.name},
        "ListDatabases": {"CatalogName": "AwsDataCatalog"},
        "GetTableMetadata": {
            "CatalogName": "AwsDataCatalog",
            "DatabaseName": database.name,
            "TableName": "v1",
        },
        "ListTableMetadata": {"CatalogName": "AwsDataCatalog", "DatabaseName": database.name},
        "GetPreparedStatement": {"StatementName": "p1", "WorkGroup": "primary"},
        "BatchGetPreparedStatement": {
            "PreparedStatementNames": ["p1", "no"],
            "WorkGroup": "primary",
        },
        "ListPreparedStatements": {"WorkGroup": "primary"},
        "ListNamedQueries": {},
        "ListTagsForResource": {
            "ResourceARN": "arn:aws:athena:us-east-1:123456789012:workgroup/w1"
        },
    }
    for operation, request in calls.items():
        answer = _raw(local_athena.url, operation, request)
        shape = model.operation_model(operation).output_shape
        report = ParamValidator().validate(answer, shape)
        assert not report.has_errors(), f"{operation}: {report.generate_report()}"


def test_operations__each_is_answered_or_refused_by_name(local_athena: Endpoint) -> None:
    """No operation of the published model ends in an internal error or in silence."""
    model = botocore.session.get_session().get_service_model("athena")
    for operation in model.operation_names:
        if local_athena.answers("AmazonAthena", operation):
            continue
        with pytest.raises(ClientError) as caught:
            _raw(local_athena.url, operation, {})
        error = caught.value.response["Error"]
        assert error["Code"] == "UnknownOperationException"
        assert error["Message"].startswith(f"{operation}: ")


def _raw(url: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """An answer as it stands in the body."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    headers = {
        "X-Amz-Target": f"AmazonAthena.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
    }
    try:
        with urlopen(Request(url, json.dumps(request).encode(), headers)) as answer:
            body: dict[str, Any] = json.loads(answer.read())
            return body
    except HTTPError as error:
        refused = json.loads(error.read())
        facts = {"Error": {"Code": refused["__type"], "Message": refused["Message"]}}
        raise ClientError(facts, operation) from None
