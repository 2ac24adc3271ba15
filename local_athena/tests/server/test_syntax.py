"""Texts that StartQueryExecution itself refuses, and those that fail while they run.

The messages are those that users of Amazon Athena quote: PyAthena issue 529 (OFFSET), cloud
intelligence dashboards issues 855 and 1125, objectiv-analytics issue 1311 (several statements),
PyAthena issue 137 (kinds of statements); read November 2026.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_athena.server import Endpoint

OUTPUT = {"OutputLocation": "s3://results/"}


@pytest.fixture
def real(start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any]) -> Any:
    endpoint = start_endpoint(engine_factory=None)
    client_of(endpoint, "s3").create_bucket(Bucket="results")
    return client_of(endpoint, "athena")


REFUSED = [
    (
        (
            'SELECT "users"."id", "users""created_at" FROM "users" ORDER BY "users"."id" DESC '
            "LIMIT 30 OFFSET 60"
        ),
        "line 1:91: mismatched input 'OFFSET'. Expecting: <EOF>",
    ),
    (
        "CREATE OR REPLACE VIEW my-view AS SELECT 1",
        "line 1:26: mismatched input '-'. Expecting: 'AS', 'COMMENT', 'SECURITY'",
    ),
    ("SELECT coalesce(1, )", "line 1:20: mismatched input ')'. Expecting: <expression>"),
    ("SELEC 1", "line 1:1: mismatched input 'SELEC'. Expecting: "),
    (
        'DROP TABLE IF EXISTS t; create table "t" as select 1',
        "Only one sql statement is allowed. Got: DROP TABLE IF EXISTS t; create table",
    ),
    ("SELECT 1;;", "Only one sql statement is allowed. Got: SELECT 1;;"),
    ("GRANT SELECT ON t TO u", "Queries of this type are not supported"),
]


def test_text_outside_of_the_grammar__is_refused_and_leaves_no_execution(real: Any) -> None:
    for sql, message in REFUSED:
        with pytest.raises(ClientError) as caught:
            real.start_query_execution(QueryString=sql, ResultConfiguration=OUTPUT)
        response: Any = caught.value.response
        assert response["Error"]["Code"] == "InvalidRequestException"
        assert response["Error"]["Message"].startswith(message)
        assert response["AthenaErrorCode"] == "MALFORMED_QUERY"
    assert real.list_query_executions()["QueryExecutionIds"] == []


@pytest.mark.parametrize(
    ("sql", "state", "reason"),
    [
        ("SELECT 1;", "SUCCEEDED", ""),
        ("SELECT nothing", "FAILED", "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be"),
        ("CREATE EXTERNAL TABLE t (a int", "FAILED", "FAILED: ParseException line 1:"),
        ("EXECUTE nothing", "FAILED", "NOT_FOUND: "),
    ],
)
def test_text_of_the_grammar__runs_and_ends(real: Any, sql: str, state: str, reason: str) -> None:
    started = real.start_query_execution(QueryString=sql, ResultConfiguration=OUTPUT)
    query = {"QueryExecutionId": started["QueryExecutionId"]}
    status = {"State": "QUEUED"}
    while status["State"] in ("QUEUED", "RUNNING"):
        status = real.get_query_execution(**query)["QueryExecution"]["Status"]
    assert status["State"] == state
    assert status.get("StateChangeReason", "").startswith(reason)


def test_wrong_text__is_refused_before_the_engine_is_there(tmp_path: Path) -> None:
    from local_athena.catalog.records import Records
    from local_athena.catalog.store import SqliteCatalog
    from local_athena.server.services import LaterEngine
    from local_athena.settings import Settings
    from local_athena.storage.database import Database
    from local_athena.storage.files import FileStore

    state = Database(tmp_path / "state.sqlite", durable=False)
    store = FileStore(tmp_path / "s3", tmp_path / "tmp")
    later = LaterEngine(store, SqliteCatalog(Records(state)), Settings(data=tmp_path))
    assert (later.refusal("select") or "").startswith("line 1:7: mismatched input '<EOF>'")
    assert later._engine is None
    state.close()
