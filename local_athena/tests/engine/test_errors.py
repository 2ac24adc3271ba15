"""Failures by the Athena user guide's "Athena error catalog": category, type, retryable."""

from pathlib import Path

import pytest
from local_athena.engine.contract import SYSTEM, USER
from local_athena.engine.errors import failure
from local_athena.engine.native_errors import error_of
from local_athena.engine.session import Session
from local_athena.sql.errors import SqlError

# error type in the catalog, its description there, a statement that earns it
CATALOGUED = [
    (1006, "Syntax error", "SELEC 1"),
    (1006, "Syntax error", "SELECT nope FROM t"),
    (1006, "Syntax error", "ALTER TABLE t DROP PARTITION (p > 1)"),
    (1003, "DDL task failed", "CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/x/'"),
    (1001, "Data error", "SELECT * FROM bad"),
    (1103, "Invalid table property provided", "CREATE TABLE x WITH (foo='1') AS SELECT 1 AS a"),
    (1106, "Invalid function argument provided", "SELECT chr(-1)"),
    (1107, "Invalid view", "SELECT * FROM stale"),
    (1110, "Provided table or view does not exist", "SELECT * FROM nope"),
    (1200, "Query not supported", "DELETE FROM t"),
    (1300, "General not found error", "EXECUTE nope"),
    (1303, "Provided function or function implementation not found", "SELECT nope(1)"),
    (1000, "User error", "SELECT 1 / 0"),
]


@pytest.fixture
def tables(lake):
    lake.run("CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://b/t/'")
    lake.put("s3://b/bad/f", "no parquet")
    lake.run("CREATE EXTERNAL TABLE bad (a int) STORED AS PARQUET LOCATION 's3://b/bad/'")
    lake.run("CREATE VIEW stale AS SELECT a FROM t")
    lake.run("ALTER TABLE t REPLACE COLUMNS (a string, b int)")
    return lake


@pytest.mark.parametrize(("type_", "description", "sql"), CATALOGUED)
def test_failure__by_the_catalog__its_type(tables, type_, description, sql):
    error = tables.fails(sql)
    assert (error.error_type, error.category, error.retryable) == (type_, USER, False), description


@pytest.mark.parametrize(
    ("name", "category", "type_", "retryable"),
    [
        ("ICEBERG_COMMIT_ERROR", USER, 233, True),
        ("ICEBERG_BAD_DATA", USER, 233, False),
        ("GENERIC_INTERNAL_ERROR", SYSTEM, 100, False),
        ("HIVE_METASTORE_ERROR", USER, 204, False),
        ("EXCEEDED_LOCAL_MEMORY_LIMIT", USER, 0, False),
        ("HIVE_PARTITION_SCHEMA_MISMATCH", USER, 1004, False),
    ],
)
def test_failure__names_that_clients_act_on__category_type_retryable(
    name, category, type_, retryable
):
    failed = failure(SqlError(name, "words"))
    assert (failed.category, failed.error_type, failed.retryable) == (category, type_, retryable)
    assert str(failed) == f"{name}: words"


@pytest.mark.parametrize(
    ("clauses", "refused"),
    [
        ("ORDER BY 1 LIMIT 2147483648", True),
        ("ORDER BY 1 OFFSET 1 LIMIT 2147483647", True),
        ("ORDER BY 1 LIMIT 2147483647", False),
        ("LIMIT 2147483648", False),
    ],
)
def test_limit__of_a_sorted_query__at_most_an_integer(lake, clauses, refused):
    # "Considerations and limitations for SQL queries"; what is refused is Trino 476's answer
    sql = f"SELECT n FROM (VALUES 1, 2) t(n) {clauses}"
    if refused:
        error = lake.fails(sql)
        assert str(error) == "NOT_SUPPORTED: ORDER BY LIMIT > 2147483647 is not supported"
    else:
        assert sorted(lake.rows(sql)) == [["1"], ["2"]]


@pytest.mark.parametrize(
    "text",
    [
        "Out of Memory Error: failed to allocate data of size 16.0 MiB (480.0 MiB/488.2 MiB used)",
        "Failed to allocate block of 134217728 bytes (bad allocation)",
        "Invalid Input Error: Python exception occurred while executing the UDF: MemoryError: ",
        "malloc of size 1048576 failed",
    ],
)
def test_error_of__memory_that_is_refused__is_trinos_limit(text: str) -> None:
    assert error_of(RuntimeError(text)).name == "EXCEEDED_LOCAL_MEMORY_LIMIT"
    assert error_of(MemoryError()).name == "EXCEEDED_LOCAL_MEMORY_LIMIT"


def test_error_of__memory_that_is_refused__says_the_limit() -> None:
    text = (
        "Out of Memory Error: failed to allocate data of size 16.0 MiB (480.0 MiB/488.2 MiB used)"
    )
    wanted = "Query exceeded per-node memory limit of 488.2 MiB"
    assert error_of(RuntimeError(text)).message == wanted


def test_error_of__a_full_spill_folder__is_the_spill_limit() -> None:
    text = (
        "Out of Memory Error: failed to offload data block of size 256.0 KiB (1.0 GiB/1.0 GiB "
        "used).\nThis limit was set by the 'max_temp_directory_size' setting."
    )
    assert error_of(RuntimeError(text)).name == "EXCEEDED_SPILL_LIMIT"


def test_session__sort_beyond_the_spill_limit__fails_by_name(tmp_path: Path) -> None:
    session = Session("64MB", 1, tmp_path / "spill", spill_limit="16MB")
    sorting = "SELECT md5(i::VARCHAR) s FROM range(2000000) t(i) ORDER BY s OFFSET 1999990"
    with session.cursor() as cursor, pytest.raises(SqlError, match="EXCEEDED_SPILL_LIMIT"):
        cursor.rows(sorting)
    session.close()
