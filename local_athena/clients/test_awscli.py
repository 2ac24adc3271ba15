"""The AWS CLI as it is installed from PyPI: the commands of Amazon's guide."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def aws(aws_cli: Path, environ: dict[str, str]) -> Any:
    """Run a command; its JSON (or text) answer, or its standard error when it fails."""

    def run(*arguments: str, fails: bool = False) -> Any:
        done = subprocess.run(
            [str(aws_cli), *arguments],
            env={**environ, "AWS_PAGER": "", "AWS_CONFIG_FILE": "/dev/null"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert bool(done.returncode) is fails, done.stderr
        if fails:
            return done.stderr
        text = done.stdout.strip()
        return json.loads(text) if text.startswith(("{", "[")) else text

    return run


def query(aws: Any, environ: dict[str, str], sql: str, *more: str) -> str:
    started = aws(
        *("athena", "start-query-execution", "--query-string", sql),
        *("--query-execution-context", f"Database={environ['DATABASE']}"),
        *("--result-configuration", f"OutputLocation={environ['OUTPUT']}"),
        *more,
    )
    query_id: str = started["QueryExecutionId"]
    while True:
        state = aws(
            *("athena", "get-query-execution", "--query-execution-id", query_id),
            *("--query", "QueryExecution.Status.State", "--output", "text"),
        )
        if state not in ("QUEUED", "RUNNING"):
            assert state == "SUCCEEDED"
            return query_id


def test_query__started_read_and_listed(aws: Any, environ: dict[str, str]) -> None:
    sql = "select n, cast(n as varchar) as t from unnest(sequence(1, 3)) x (n) where n > ?"
    query_id = query(aws, environ, sql, "--execution-parameters", "1")
    rows = aws("athena", "get-query-results", "--query-execution-id", query_id)["ResultSet"]["Rows"]
    assert [[datum["VarCharValue"] for datum in row["Data"]] for row in rows] == [
        ["n", "t"],
        ["2", "2"],
        ["3", "3"],
    ]
    listed = aws("athena", "list-query-executions", "--max-items", "5")
    assert query_id in listed["QueryExecutionIds"]
    found = aws("athena", "batch-get-query-execution", "--query-execution-ids", query_id)
    assert found["QueryExecutions"][0]["Query"] == sql
    statistics = aws("athena", "get-query-runtime-statistics", "--query-execution-id", query_id)
    assert statistics["QueryRuntimeStatistics"]["Rows"]["OutputRows"] == 2


def test_s3__copies_a_result(aws: Any, environ: dict[str, str], tmp_path: Path) -> None:
    query_id = query(aws, environ, "select 1 as a")
    aws("s3", "cp", "--quiet", f"{environ['OUTPUT']}{query_id}.csv", str(tmp_path / "result.csv"))
    assert (tmp_path / "result.csv").read_text() == '"a"\n"1"\n'
    assert f"{query_id}.csv" in aws("s3", "ls", environ["OUTPUT"])


def test_catalog__tables_made_by_ddl(aws: Any, environ: dict[str, str]) -> None:
    query(
        aws,
        environ,
        f"create external table t (a int) partitioned by (d string) stored as parquet "
        f"location 's3://{environ['BUCKET']}/t/'",
    )
    table = aws(
        *("athena", "get-table-metadata", "--catalog-name", "AwsDataCatalog"),
        *("--database-name", environ["DATABASE"], "--table-name", "t"),
    )["TableMetadata"]
    assert [column["Name"] for column in table["Columns"] + table["PartitionKeys"]] == ["a", "d"]
    names = aws(
        *("glue", "get-tables", "--database-name", environ["DATABASE"]),
        *("--query", "TableList[].Name"),
    )
    assert "t" in names
    databases = aws("athena", "list-databases", "--catalog-name", "AwsDataCatalog")
    assert environ["DATABASE"] in [found["Name"] for found in databases["DatabaseList"]]


def test_workgroups__with_tags__their_whole_life(aws: Any) -> None:
    aws("athena", "create-work-group", "--name", "cli", "--tags", "Key=team,Value=data")
    arn = "arn:aws:athena:us-east-1:123456789012:workgroup/cli"
    tags = aws("athena", "list-tags-for-resource", "--resource-arn", arn)["Tags"]
    assert tags == [{"Key": "team", "Value": "data"}]
    aws("athena", "update-work-group", "--work-group", "cli", "--state", "DISABLED")
    found = aws("athena", "get-work-group", "--work-group", "cli")["WorkGroup"]
    assert found["State"] == "DISABLED"
    aws("athena", "delete-work-group", "--work-group", "cli")
    refusal = aws("athena", "get-work-group", "--work-group", "cli", fails=True)
    assert "InvalidRequestException" in refusal


def test_named_and_prepared__statements(aws: Any, environ: dict[str, str]) -> None:
    named = aws(
        *("athena", "create-named-query", "--name", "one", "--query-string", "select 1"),
        *("--database", environ["DATABASE"]),
    )["NamedQueryId"]
    found = aws("athena", "get-named-query", "--named-query-id", named)["NamedQuery"]
    assert found["QueryString"] == "select 1"
    aws(
        *("athena", "create-prepared-statement", "--statement-name", "plus_one"),
        *("--work-group", "primary", "--query-statement", "select ? + 1 as a"),
    )
    query_id = query(aws, environ, "execute plus_one using 41")
    rows = aws("athena", "get-query-results", "--query-execution-id", query_id)["ResultSet"]["Rows"]
    assert rows[1]["Data"][0]["VarCharValue"] == "42"


def test_sessions__are_refused_by_name(aws: Any) -> None:
    refusal = aws(
        *("athena", "start-session", "--work-group", "primary"),
        *("--engine-configuration", "MaxConcurrentDpus=4"),
        fails=True,
    )
    assert "StartSession: Spark sessions and notebooks are out of scope" in refusal


def test_identity__is_the_account_of_the_endpoint(aws: Any) -> None:
    assert aws("sts", "get-caller-identity")["Account"] == "123456789012"
