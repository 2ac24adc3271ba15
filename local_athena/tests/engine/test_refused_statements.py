"""Statements on tables that Trino refuses: `tests/refusals/tables.jsonl`, by name."""

import json
from pathlib import Path

import pytest
from local_athena.engine.contract import QueryFailed

CASES = Path(__file__).parents[1] / "refusals" / "tables.jsonl"


@pytest.fixture
def tables(lake):
    """`ice` (Iceberg, one row), `hive` (empty) and the view `v`."""
    lake.run(
        "CREATE TABLE ice (id int, name string, d date) LOCATION 's3://b/ice/' "
        "TBLPROPERTIES ('table_type' = 'ICEBERG')"
    )
    lake.run("INSERT INTO ice VALUES (1, 'a', DATE '2020-01-01')")
    lake.run("CREATE VIEW v AS SELECT id FROM ice")
    lake.run("CREATE EXTERNAL TABLE hive (id int) STORED AS PARQUET LOCATION 's3://b/hive/'")
    return lake


def outcome(lake, sql):
    try:
        lake.run(sql.replace("{location}", "s3://b"))
    except QueryFailed as error:
        return str(error).partition(":")[0]
    return "accepted"


def test_refused_statements__on_tables__have_trinos_names_and_change_nothing(tables):
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    assert len(cases) >= 90
    found = [(case["sql"], outcome(tables, case["sql"])) for case in cases]
    assert [f for f, case in zip(found, cases, strict=True) if f[1] != case["error"]] == []
    assert tables.rows("SELECT * FROM ice") == [["1", "a", "2020-01-01"]]
    assert tables.files("s3://b/t2/") == []


def test_refused_statements__drop_of_a_full_database__keeps_it(tables):
    error = tables.fails("DROP DATABASE db")
    assert "InvalidOperationException(message:Database db is not empty" in str(error)
    assert tables.rows("SELECT id FROM ice") == [["1"]]


def test_merge__target_row_matched_twice_by_no_clause__is_refused(tables):
    error = tables.fails(
        "MERGE INTO ice t USING (VALUES 1, 1) s(id) ON t.id = s.id "
        "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)"
    )
    assert str(error).startswith("MERGE_TARGET_ROW_MULTIPLE_MATCHES")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (
            "CREATE EXTERNAL TABLE t (a int) ROW FORMAT SERDE 'com.acme.Serde' LOCATION 's3://b/t/'",
            "Cannot validate serde: com.acme.Serde",
        ),
        (
            "CREATE TABLE t WITH (format = 'ORC', parquet_compression = 'GZIP') AS SELECT 1 AS a",
            "INVALID_TABLE_PROPERTY: parquet_compression is not a property of the format ORC",
        ),
        (
            "CREATE PROTECTED MULTI DIALECT VIEW w SECURITY DEFINER AS SELECT 1 AS a",
            "NOT_SUPPORTED: line 1:1: Multi-dialect views are not supported",
        ),
        (
            "ALTER VIEW v DIALECT ADD AS SELECT 1 AS a",
            "NOT_SUPPORTED: line 1:1: Multi-dialect views are not supported",
        ),
    ],
)
def test_refused_statements__of_athena_s_own__say_why(tables, sql, why):
    assert why in str(tables.fails(sql))
