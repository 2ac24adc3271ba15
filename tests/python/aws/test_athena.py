"""What clients rely on in Athena: the same tests on the local endpoint and on a real account."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.python.aws.conftest import Account

pytestmark = [pytest.mark.aws_verified, pytest.mark.integration]


def texts(results: dict[str, Any]) -> list[list[str | None]]:
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in results["Rows"]]


def test_select__values_and_types__are_athena_s(account: Account) -> None:
    results = account.results(
        "select 7 / 2 as whole, cast(null as varchar) as nothing, '' as blank, "
        "date_diff('day', date '2020-02-01', date '2020-03-01') as days, "
        "timestamp '2026-06-01 12:00:00.5' as moment, array[1, null] as list"
    )
    assert texts(results) == [
        ["whole", "nothing", "blank", "days", "moment", "list"],
        ["3", None, "", "29", "2026-06-01 12:00:00.500", "[1, null]"],
    ]
    types = [column["Type"] for column in results["ResultSetMetadata"]["ColumnInfo"]]
    assert types == ["integer", "varchar", "varchar", "bigint", "timestamp", "array"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select * from no_such_table", "TABLE_NOT_FOUND"),
        ("select no_such_column from (values 1) t (a)", "COLUMN_NOT_FOUND"),
        ("select 1 / 0", "DIVISION_BY_ZERO"),
        ("select no_such_function(1)", "FUNCTION_NOT_FOUND"),
    ],
)
def test_query__that_cannot_be_answered__fails_by_name_as_the_user_s(
    account: Account, sql: str, reason: str
) -> None:
    status = account.run(sql)["Status"]
    assert status["State"] == "FAILED"
    assert reason in status["StateChangeReason"]
    assert status["AthenaError"]["ErrorCategory"] == 2


def test_start__results_in_a_bucket_that_is_not_there__are_refused(account: Account) -> None:
    missing = f"{account.bucket}-missing"
    with pytest.raises(ClientError, match=f"Unable to verify/create output bucket {missing}"):
        account.athena.start_query_execution(
            QueryString="select 1",
            WorkGroup=account.name,
            ResultConfiguration={"OutputLocation": f"s3://{missing}/"},
        )


def test_iceberg__made_merged_and_read__keeps_one_row_a_key(account: Account) -> None:
    account.succeed(
        "create table merged with (table_type = 'ICEBERG', is_external = false, "
        f"location = 's3://{account.bucket}/merged/') as "
        "select * from (values (1, 'a'), (2, 'b')) t (id, name)"
    )
    try:
        merged = account.succeed(
            "merge into merged using (values (2, 'c'), (3, 'd')) s (id, name) "
            "on merged.id = s.id when matched then update set name = s.name "
            "when not matched then insert (id, name) values (s.id, s.name)"
        )
        assert (merged["StatementType"], merged["Statistics"]["DataScannedInBytes"] > 0) == (
            "DML",
            True,
        )
        rows = texts(account.results("select id, name from merged order by id"))
        assert rows[1:] == [["1", "a"], ["2", "c"], ["3", "d"]]
    finally:
        account.succeed("drop table merged")


def test_partitions__a_filter_on_the_key__scans_its_files_only(account: Account) -> None:
    account.succeed(
        "create table parted with (format = 'PARQUET', partitioned_by = array['day'], "
        f"external_location = 's3://{account.bucket}/parted/') as "
        "select cast(random() as varchar) as noise, cast(n % 4 as integer) as day "
        "from unnest(sequence(1, 4000)) t (n)"
    )
    try:
        whole = account.succeed("select max(noise) from parted")["Statistics"]
        part = account.succeed("select max(noise) from parted where day = 1")["Statistics"]
        assert 0 < part["DataScannedInBytes"] < whole["DataScannedInBytes"] / 3
    finally:
        account.succeed("drop table parted")
