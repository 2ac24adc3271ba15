"""Two ALTER TABLE of one Hive table that both read it before either writes: no change is lost."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from local_athena.catalog.store import SqliteCatalog
from local_athena.server import Endpoint


def test_alter_table__two_at_once__both_changes_are_there(
    start_endpoint: Callable[..., Endpoint],
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = start_endpoint(engine_factory=None)
    athena, glue = client_of(endpoint, "athena"), client_of(endpoint, "glue")
    client_of(endpoint, "s3").create_bucket(Bucket="bucket")

    def run(sql: str) -> str:
        query = athena.start_query_execution(
            QueryString=sql, ResultConfiguration={"OutputLocation": "s3://bucket/results/"}
        )["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                return str(status["State"])

    glue.create_database(DatabaseInput={"Name": "db"})
    run("CREATE EXTERNAL TABLE db.t (a int) LOCATION 's3://bucket/t/'")
    both = threading.Barrier(2, timeout=60)
    turns = iter([both.wait, both.wait])
    update = SqliteCatalog.update_table

    def together(*args: Any, **kwargs: Any) -> Any:
        next(turns, lambda: 0)()
        return update(*args, **kwargs)

    monkeypatch.setattr(SqliteCatalog, "update_table", together)
    statements = [
        "ALTER TABLE db.t ADD COLUMNS (b int)",
        "ALTER TABLE db.t SET TBLPROPERTIES ('owner' = 'me')",
    ]
    ends: list[str] = []
    threads = [threading.Thread(target=lambda sql=sql: ends.append(run(sql))) for sql in statements]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == ["SUCCEEDED", "SUCCEEDED"]
    table = glue.get_table(DatabaseName="db", Name="t")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["a", "b"]
    assert table["Parameters"]["owner"] == "me"
