"""Names without a catalog are of the session's: one that is not there answers nothing.

The texts of refusals are Trino 476's.
"""

import pytest

from .conftest import Lake


@pytest.mark.parametrize(
    "sql",
    [
        "select * from t",
        "select * from db.t",
        "show tables",
        "show tables in db",
        "show databases",
        "describe t",
        "create view v as select * from t",
        "create external table u (a int) location 's3://b/u/'",
        "drop table t",
        "insert into t select 1",
        "create table c as select 1 as a",
    ],
)
def test_unknown_catalog__of_the_session__is_refused(lake: Lake, sql: str) -> None:
    lake.run("create external table t (a int) location 's3://b/t/'")
    refused = lake.fails(sql, catalog="nope")
    assert refused.name == "CATALOG_NOT_FOUND"
    assert "Catalog 'nope' not found" in refused.message
    lake.run(sql)


@pytest.mark.parametrize("catalog", ["AwsDataCatalog", "awsdatacatalog", "AWSDATACATALOG", "hive"])
def test_glue_s_catalog__in_any_case__is_the_session_s(lake: Lake, catalog: str) -> None:
    lake.run("create external table t (a int) location 's3://b/t/'")
    assert lake.rows("select count(*) from t", catalog=catalog)[-1] == ["0"]


def test_unknown_catalog__names_that_say_theirs__are_found(lake: Lake) -> None:
    lake.run("create external table t (a int) location 's3://b/t/'")
    rows = lake.rows("select count(*) from awsdatacatalog.db.t", catalog="nope")
    assert rows[-1] == ["0"]
    assert lake.rows("select 1", catalog="nope")[-1] == ["1"]
