"""Where results lie, and what is said of them, as measured on the service.

Source of expected values: github.com/aoyagikouhei/athena-local, docs/dev/measurements:
result-files.md, statements.md, query-results.md (September 2026, read 2026-11-28).
"""

from typing import Any

import boto3
import pytest
from local_athena.pytest_plugin import AthenaDatabase

ICEBERG = "WITH (table_type = 'ICEBERG', is_external = false, location = '{}ice/')"


@pytest.fixture(scope="module")
def run(database: AthenaDatabase) -> Any:
    """Run a statement: its execution, its page of results or None, the names of its objects."""
    athena, s3 = boto3.client("athena"), boto3.client("s3")

    def one(sql: str) -> tuple[dict[str, Any], dict[str, Any] | None, set[str]]:
        query_id = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database.name, "Catalog": "AwsDataCatalog"},
            ResultConfiguration={"OutputLocation": database.output_location},
        )["QueryExecutionId"]
        while True:
            found = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
        good = found["Status"]["State"] == "SUCCEEDED"
        page = athena.get_query_results(QueryExecutionId=query_id) if good else None
        listed = s3.list_objects_v2(Bucket=database.bucket, Prefix="results/").get("Contents", [])
        keys = (entry["Key"].removeprefix("results/") for entry in listed)
        names = {key.replace(query_id, "<id>") for key in keys if query_id in key}
        names = {name for name in names if not name.startswith("tables/<id>/")}  # the table's data
        place = found["ResultConfiguration"]["OutputLocation"]
        found["place"] = place.removeprefix(database.output_location).replace(query_id, "<id>")
        return found, page, names

    one(f"CREATE EXTERNAL TABLE hive (n int) STORED AS PARQUET LOCATION '{database.location}h/'")
    one(f"CREATE TABLE ice {ICEBERG.format(database.location)} AS SELECT 1 AS n")
    return one


@pytest.mark.parametrize(
    ("sql", "kinds", "place", "count", "objects"),
    [
        ("SELECT 1 AS n", "DML SELECT", "<id>.csv", 0, ("<id>.csv", "<id>.csv.metadata")),
        ("INSERT INTO hive VALUES 1", "DML INSERT", "<id>", 1,
         ("<id>-manifest.csv", "<id>.metadata")),
        ("INSERT INTO hive SELECT 1 WHERE false", "DML INSERT", "<id>", 0, ("<id>.metadata",)),
        ("INSERT INTO ice VALUES 2", "DML INSERT", "<id>", 1, ("<id>.metadata",)),
        ("UPDATE ice SET n = 3 WHERE n = 9", "DML UPDATE", "<id>.csv", 0, ("<id>.csv.metadata",)),
        ("DELETE FROM ice WHERE n = 9", "DML DELETE", "<id>.csv", 0, ("<id>.csv.metadata",)),
        (
            "CREATE TABLE made AS SELECT 1 AS n",
            "DDL CREATE_TABLE_AS_SELECT",
            "tables/<id>",
            1,
            ("tables/<id>-manifest.csv", "tables/<id>.metadata"),
        ),
        ("CREATE DATABASE other", "DDL CREATE_DATABASE", "<id>.txt", None, ("<id>.txt",)),
        ("SHOW TBLPROPERTIES hive", "UTILITY SHOW_TABLE_PROPERTIES", "<id>.txt", 0,
         ("<id>.txt", "<id>.txt.metadata")),
        ("EXPLAIN SELECT 1", "DML EXPLAIN", "<id>.txt", None, ("<id>.txt", "<id>.txt.metadata")),
    ],
)  # fmt: skip
def test_statement__that_succeeds(
    run: Any, sql: str, kinds: str, place: str, count: int | None, objects: tuple[str, ...]
) -> None:
    found, page, names = run(sql)
    assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
    assert f"{found['StatementType']} {found['SubstatementType']}" == kinds
    assert found["place"] == place
    assert found["QueryExecutionContext"]["Catalog"] == "awsdatacatalog"
    assert page.get("UpdateCount") == count
    assert names == set(objects)


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("CREATE TABLE failed AS SELECT nope(1) AS n", "tables/<id>"),
        ("INSERT INTO ice VALUES 'abc'", "<id>"),
        ("SELECT CAST('abc' AS integer)", "<id>.csv"),
        ("DELETE FROM ice WHERE nope = 1", "<id>.csv"),
    ],
)
def test_statement__that_fails__writes_nothing(run: Any, sql: str, place: str) -> None:
    found, _, names = run(sql)
    assert found["Status"]["State"] == "FAILED"
    assert found["place"] == place
    assert names == set()
