"""Refusals on the wire, in the words that were measured on the service.

Source of expected values: github.com/aoyagikouhei/athena-local, docs/dev/measurements: errors.md,
query-results.md, work-groups.md, client-request-token.md; measured in September 2026, read on
2026-11-28.
"""

from typing import Any

import pytest

from .conftest import ended, start

Json = dict[str, Any]
TOKEN = "t" * 32


def violation(path: str, rule: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: Member must {rule}"


@pytest.mark.parametrize(
    ("operation", "body", "text"),
    [
        ("ListWorkGroups", {"MaxResults": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ("ListWorkGroups", {"MaxResults": True}, "TRUE_VALUE can not be converted to an Integer"),
        ("ListWorkGroups", {"MaxResults": [1]}, "Start of list found where not expected"),
        (
            "ListWorkGroups",
            {"MaxResults": {"a": 1}},
            "Start of structure or map found where not expected.",
        ),
        ("ListWorkGroups", {"NextToken": 1}, "NUMBER_VALUE can not be converted to a String"),
        ("ListWorkGroups", {"NextToken": True}, "TRUE_VALUE can not be converted to a String"),
        (
            "GetQueryExecution",
            {"QueryExecutionId": ["x"]},
            "Start of list found where not expected",
        ),
        (
            "StartQueryExecution",
            {"QueryString": "x", "ExecutionParameters": [1]},
            "NUMBER_VALUE can not be converted to a String",
        ),
        (
            "StartQueryExecution",
            {"QueryString": "x", "ExecutionParameters": "x"},
            "Expected list or null",
        ),
        ("StartQueryExecution", {"QueryString": "x", "ResultConfiguration": "x"}, "Expected null"),
        # of a wrong type and too short, or without what is required: the type is told
        (
            "ListWorkGroups",
            {"MaxResults": "1", "NextToken": ""},
            "STRING_VALUE can not be converted to an Integer",
        ),
        ("GetQueryResults", {"MaxResults": "1"}, "STRING_VALUE can not be converted to an Integer"),
    ],
)
def test_json_of_a_wrong_type__is_refused_in_measured_words(
    wire: Any, operation: str, body: Json, text: str
) -> None:
    expected = (400, {"__type": "SerializationException", "Message": text})
    assert wire.ask(operation, **body) == expected


@pytest.mark.parametrize("body", [b"{", b"", b"null", b'"x"', b'{"MaxResults": 1,}'])
def test_body__that_is_no_structure__is_refused(wire: Any, body: bytes) -> None:
    status, answer = wire.send("AmazonAthena.ListWorkGroups", body)
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert "AthenaErrorCode" not in answer


def test_input__that_aws_reads_otherwise__is_read_so(wire: Any) -> None:
    """Fractions are cut; nulls and members that the model does not have are as good as absent."""
    for body in ({"MaxResults": 1.5}, {"MaxResults": None, "NextToken": None, "Foo": 1}):
        status, answer = wire.ask("ListWorkGroups", **body)
        assert (status, len(answer["WorkGroups"])) == (200, 1)


@pytest.mark.parametrize(
    ("body", "path", "rule"),
    [
        ({"MaxResults": 51}, "maxResults", "have value less than or equal to 50"),
        ({"MaxResults": 10**11}, "maxResults", "have value less than or equal to 50"),
        ({"MaxResults": 0}, "maxResults", "have value greater than or equal to 1"),
        ({"NextToken": ""}, "nextToken", "have length greater than or equal to 1"),
    ],
)
def test_input__that_breaks_a_rule__is_refused_in_measured_words(
    wire: Any, body: Json, path: str, rule: str
) -> None:
    text = f"1 validation error detected: {violation(path, rule)}"
    assert wire.ask("ListWorkGroups", **body) == wire.invalid(text)


@pytest.mark.parametrize(
    ("operation", "body", "path"),
    [
        ("GetQueryExecution", {"QueryExecutionId": None}, "queryExecutionId"),
        ("GetWorkGroup", {}, "workGroup"),
        ("StartQueryExecution", {}, "queryString"),
    ],
)
def test_input__that_lacks_a_member__is_refused_in_measured_words(
    wire: Any, operation: str, body: Json, path: str
) -> None:
    assert wire.ask(operation, **body) == wire.invalid(
        f"1 validation error detected: Value null at '{path}' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_refusals__have_measured_words_and_reasons(wire: Any, athena: Any) -> None:
    unknown = "12345678-1234-1234-1234-123456789012"
    none = wire.invalid(f"QueryExecution {unknown} was not found", "QUERY_EXECUTION_NOT_FOUND")
    assert wire.ask("GetQueryResults", QueryExecutionId=unknown, MaxResults=1001) == none
    failed, running, good = (start(athena, sql) for sql in ("fail", "wait", "select 3"))
    ended(athena, failed)
    ended(athena, good)
    too_many = wire.invalid("MaxResults is more than maximum allowed length 1000")
    assert wire.ask("GetQueryResults", QueryExecutionId=failed, MaxResults=1001) == too_many
    assert wire.ask("GetQueryResults", QueryExecutionId=failed, NextToken="x") == wire.invalid(
        "Query did not finish successfully. Final query state: FAILED",
        "INVALID_QUERY_EXECUTION_STATE",
    )
    assert wire.ask("GetQueryResults", QueryExecutionId=good, NextToken="x") == wire.invalid(
        "Malformed nextPageToken x"
    )
    while (
        athena.get_query_execution(QueryExecutionId=running)["QueryExecution"]["Status"]["State"]
        != "RUNNING"
    ):
        pass
    assert wire.ask("GetQueryResults", QueryExecutionId=running) == wire.invalid(
        "Query has not yet finished. Current state: RUNNING", "INVALID_QUERY_EXECUTION_STATE"
    )
    athena.stop_query_execution(QueryExecutionId=running)
    ended(athena, running)
    assert wire.ask("GetQueryResults", QueryExecutionId=running) == wire.invalid(
        "Could not find results", "RESULT_NOT_FOUND"
    )
    assert wire.ask("GetWorkGroup", WorkGroup="none") == wire.invalid("WorkGroup is not found.")
    assert wire.ask("ListWorkGroups", NextToken="made-up") == wire.invalid(
        "The nextPageToken is malformed: made-up"
    )


def test_token__is_compared_as_athena_compares_it(wire: Any) -> None:
    """The text, database, catalog and place of results; not parameters, nor the workgroup."""

    def begin(**changed: Any) -> tuple[int, Json]:
        body: Json = {
            "QueryString": "select 1",
            "ClientRequestToken": TOKEN,
            "QueryExecutionContext": {"Catalog": "AwsDataCatalog", "Database": "default"},
            "ResultConfiguration": {"OutputLocation": "s3://results/"},
            **changed,
        }
        return wire.ask("StartQueryExecution", **body)

    short = {"ClientRequestToken": "t" * 31}
    length = violation("clientRequestToken", "have length greater than or equal to 32")
    place = {"ResultConfiguration": {"OutputLocation": "not-a-valid-s3-path"}}
    for changed, expected in (
        ({"ClientRequestToken": None}, wire.invalid("clientRequestToken is null or empty")),
        ({**short, **place}, wire.invalid(f"1 validation error detected: {length}")),
        (
            {"ClientRequestToken": "あ" * 50},
            wire.invalid("clientRequestToken exceeds maximum allowed length 128"),
        ),
        (place, wire.invalid("outputLocation is not a valid S3 path.")),
    ):
        assert begin(**changed) == expected
    first = begin()  # no refusal has used the token up
    assert first[0] == 200
    mismatch = wire.invalid("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
    for changed in (
        {"QueryString": "select 2"},
        {"QueryExecutionContext": {"Catalog": "AwsDataCatalog", "Database": "other"}},
        {"QueryExecutionContext": {"Catalog": "AWSDATACATALOG", "Database": "default"}},
        {"QueryExecutionContext": {"Catalog": "AwsDataCatalog"}},
        {"ResultConfiguration": {"OutputLocation": "s3://team/"}},
    ):
        assert begin(**changed) == mismatch
    free = {"EnforceWorkGroupConfiguration": False}
    assert wire.ask("CreateWorkGroup", Name="w", Configuration=free) == (200, {})
    for changed in ({}, {"ExecutionParameters": ["2"]}, {"WorkGroup": "w"}):
        assert begin(**changed) == first
    assert begin(ClientRequestToken=TOKEN.upper())[1] != first[1]
    assert begin(**place) == wire.invalid("outputLocation is not a valid S3 path.")
