"""Prepared statements and named queries."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def refusal(call: Any, **options: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**options)
    return str(caught.value.response["Error"]["Code"])


def test_prepared_statement__its_life__ends_in_not_found(athena: Any) -> None:
    key = {"StatementName": "p1", "WorkGroup": "primary"}
    athena.create_prepared_statement(**key, QueryStatement="select ?", Description="d")
    assert refusal(athena.create_prepared_statement, **key, QueryStatement="x") == (
        "InvalidRequestException"
    )
    athena.update_prepared_statement(**key, QueryStatement="select ? + 1")
    found = athena.get_prepared_statement(**key)["PreparedStatement"]
    assert (found["QueryStatement"], found["Description"]) == ("select ? + 1", "d")
    listed = athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    assert [statement["StatementName"] for statement in listed] == ["p1"]
    batch = athena.batch_get_prepared_statement(
        PreparedStatementNames=["p1", "p2"], WorkGroup="primary"
    )
    assert [one["StatementName"] for one in batch["PreparedStatements"]] == ["p1"]
    assert [one["StatementName"] for one in batch["UnprocessedPreparedStatementNames"]] == ["p2"]
    athena.delete_prepared_statement(**key)
    for call in (athena.get_prepared_statement, athena.delete_prepared_statement):
        assert refusal(call, **key) == "ResourceNotFoundException"


def test_named_query__its_life__ends_in_not_found(athena: Any) -> None:
    token = "n" * 40
    asked = {"Name": "q", "Database": "d", "QueryString": "select 1", "ClientRequestToken": token}
    query_id = athena.create_named_query(**asked)["NamedQueryId"]
    assert athena.create_named_query(**asked)["NamedQueryId"] == query_id
    assert refusal(athena.create_named_query, **{**asked, "Name": "r"}) == "InvalidRequestException"
    athena.update_named_query(NamedQueryId=query_id, Name="q2", QueryString="select 2")
    found = athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
    assert (found["Name"], found["QueryString"], found["WorkGroup"]) == (
        "q2",
        "select 2",
        "primary",
    )
    assert athena.list_named_queries()["NamedQueryIds"] == [query_id]
    batch = athena.batch_get_named_query(NamedQueryIds=[query_id, "x"])
    assert [one["Name"] for one in batch["NamedQueries"]] == ["q2"]
    assert [one["NamedQueryId"] for one in batch["UnprocessedNamedQueryIds"]] == ["x"]
    athena.delete_named_query(NamedQueryId=query_id)
    assert refusal(athena.get_named_query, NamedQueryId=query_id) == "InvalidRequestException"
