"""Glue as boto3 sees it; error names and rules from the Glue API reference."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_athena.server import Endpoint


def table(name: str = "t", **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://b/t"},
        "PartitionKeys": [{"Name": "day", "Type": "string"}, {"Name": "n", "Type": "int"}],
        **more,
    }


def code(call: Any, **options: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**options)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def t(glue: Any) -> dict[str, str]:
    """A database with one table; the names for calls on the table's parts."""
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=table())
    return {"DatabaseName": "db", "TableName": "t"}


def test_database__its_life__follows_the_reference(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": "Sales", "Parameters": {"k": "v"}}, Tags={"a": "b"})
    assert code(glue.create_database, DatabaseInput={"Name": "SALES"}) == "AlreadyExistsException"
    found = glue.get_database(Name="sALES")["Database"]
    assert (found["Name"], found["Parameters"], found["CatalogId"]) == (
        "sales",
        {"k": "v"},
        "123456789012",
    )
    glue.update_database(Name="sales", DatabaseInput={"Name": "sales", "Description": "new"})
    assert glue.get_database(Name="sales")["Database"]["Description"] == "new"
    arn = "arn:aws:glue:us-east-1:123456789012:database/sales"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"c": "d"})
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"a": "b", "c": "d"}
    glue.delete_database(Name="sales")
    assert code(glue.get_database, Name="sales") == "EntityNotFoundException"
    assert code(glue.delete_database, Name="sales") == "EntityNotFoundException"


def test_get_databases__pages__have_all(glue: Any) -> None:
    for name in "cab":
        glue.create_database(DatabaseInput={"Name": name})
    pages = glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 2})
    assert [one["Name"] for page in pages for one in page["DatabaseList"]] == [
        "a",
        "b",
        "c",
        "default",  # as in every account that uses Athena
    ]


def test_table__names__are_lower_case_and_unknown_members_stay(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": "db"})
    given = table("MyTable", Owner="me", Retention=3, TableType="EXTERNAL_TABLE")
    given["StorageDescriptor"]["SortColumns"] = [{"Column": "a", "SortOrder": 1}]
    glue.create_table(DatabaseName="DB", TableInput=given)
    assert code(glue.create_table, DatabaseName="db", TableInput=table("mytable")) == (
        "AlreadyExistsException"
    )
    found = glue.get_table(DatabaseName="db", Name="MYTABLE")["Table"]
    assert (found["Name"], found["DatabaseName"], found["Owner"]) == ("mytable", "db", "me")
    assert found["Retention"] == 3
    assert found["StorageDescriptor"]["SortColumns"] == [{"Column": "a", "SortOrder": 1}]
    assert found["VersionId"] == "0"
    assert found["CreateTime"] == found["UpdateTime"]
    assert code(glue.create_table, DatabaseName="none", TableInput=table()) == (
        "EntityNotFoundException"
    )


def test_update_table__stale_version__is_a_concurrent_modification(
    glue: Any, t: dict[str, str]
) -> None:
    glue.update_table(DatabaseName="db", TableInput=table(Description="1"), VersionId="0")
    assert code(
        glue.update_table, DatabaseName="db", TableInput=table(Description="2"), VersionId="0"
    ) == ("ConcurrentModificationException")
    found = glue.get_table(DatabaseName="db", Name="t")["Table"]
    assert (found["Description"], found["VersionId"]) == ("1", "1")
    glue.update_table(DatabaseName="db", TableInput=table(Description="3"))  # without a version
    assert glue.get_table(DatabaseName="db", Name="t")["Table"]["VersionId"] == "2"


def test_update_table__many_at_once_with_a_version__one_wins_each_round(
    glue: Any, t: dict[str, str], endpoint: Endpoint, client_of: Callable[..., Any]
) -> None:
    """Eight committers race for ten rounds, as Iceberg's optimistic commit does."""
    clients = [client_of(endpoint, "glue") for _ in range(8)]
    for version in range(10):
        barrier = threading.Barrier(len(clients))
        won: list[int] = []
        lost: list[str] = []

        def commit(
            worker: int,
            version: int = version,
            barrier: threading.Barrier = barrier,
            won: list[int] = won,
            lost: list[str] = lost,
        ) -> None:
            barrier.wait()
            try:
                clients[worker].update_table(
                    DatabaseName="db",
                    TableInput=table(Parameters={"by": str(worker)}),
                    VersionId=str(version),
                    SkipArchive=True,
                )
                won.append(worker)
            except ClientError as error:
                lost.append(error.response["Error"]["Code"])

        threads = [threading.Thread(target=commit, args=(worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert lost == ["ConcurrentModificationException"] * 7
        found = glue.get_table(DatabaseName="db", Name="t")["Table"]
        assert found["Parameters"] == {"by": str(won[0])}


def test_table_versions__archive__can_be_skipped_and_deleted(glue: Any, t: dict[str, str]) -> None:
    glue.update_table(DatabaseName="db", TableInput=table(Description="1"))
    glue.update_table(DatabaseName="db", TableInput=table(Description="2"), SkipArchive=True)
    glue.update_table(DatabaseName="db", TableInput=table(Description="3"))
    versions = glue.get_table_versions(**t)["TableVersions"]
    assert [version["VersionId"] for version in versions] == ["3", "2", "0"]
    assert versions[1]["Table"]["Description"] == "2"
    old = glue.get_table_version(**t, VersionId="2")["TableVersion"]["Table"]
    assert old["Description"] == "2"
    glue.delete_table_version(**t, VersionId="0")
    errors = glue.batch_delete_table_version(**t, VersionIds=["2", "9"])["Errors"]
    assert [error["VersionId"] for error in errors] == ["9"]
    assert [v["VersionId"] for v in glue.get_table_versions(**t)["TableVersions"]] == ["3"]
    assert code(glue.delete_table_version, **t, VersionId="3") == "InvalidInputException"


def test_get_tables__expression_and_pages__filter_by_regular_expression(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": "db"})
    for name in ("orders", "order_items", "people"):
        glue.create_table(DatabaseName="db", TableInput=table(name))

    def names(**options: Any) -> list[str]:
        pages = glue.get_paginator("get_tables").paginate(DatabaseName="db", **options)
        return [one["Name"] for page in pages for one in page["TableList"]]

    assert names(PaginationConfig={"PageSize": 1}) == ["order_items", "orders", "people"]
    assert names(Expression="order.*") == ["order_items", "orders"]
    assert code(glue.get_tables, DatabaseName="db", Expression="(") == "InvalidInputException"


def test_search_tables__filters_and_text__find_tables(glue: Any) -> None:
    for database in ("raw", "curated"):
        glue.create_database(DatabaseInput={"Name": database})
        glue.create_table(
            DatabaseName=database,
            TableInput=table(
                "orders", Description=f"orders, {database}", Parameters={"z": database}
            ),
        )
    found = glue.search_tables(Filters=[{"Key": "DatabaseName", "Value": "raw"}])["TableList"]
    assert [(one["DatabaseName"], one["Name"]) for one in found] == [("raw", "orders")]
    assert len(glue.search_tables(SearchText="ORDERS")["TableList"]) == 2
    assert len(glue.search_tables(SearchText='"curated"')["TableList"]) == 1


def test_delete_table__with_partitions__forgets_them(glue: Any, t: dict[str, str]) -> None:
    glue.create_partition(**t, PartitionInput={"Values": ["d", "1"]})
    glue.delete_table(DatabaseName="db", Name="t")
    assert code(glue.get_table, DatabaseName="db", Name="t") == "EntityNotFoundException"
    glue.create_table(DatabaseName="db", TableInput=table())
    assert glue.get_partitions(**t)["Partitions"] == []
    errors = glue.batch_delete_table(DatabaseName="db", TablesToDelete=["t", "u"])["Errors"]
    assert [error["TableName"] for error in errors] == ["u"]


def test_partitions__batch_and_expression__are_found(glue: Any, t: dict[str, str]) -> None:
    inputs = [
        {"Values": [f"2026-01-0{day}", str(n)], "StorageDescriptor": {"Location": f"s3://b/{n}"}}
        for day in (1, 2)
        for n in (5, 10)
    ]
    assert not glue.batch_create_partition(**t, PartitionInputList=inputs).get("Errors")
    errors = glue.batch_create_partition(
        **t, PartitionInputList=[inputs[0], {"Values": ["2026-01-03", "1"]}, {"Values": ["short"]}]
    )["Errors"]
    assert [error["ErrorDetail"]["ErrorCode"] for error in errors] == [
        "AlreadyExistsException",
        "InvalidInputException",
    ]

    def found(**options: Any) -> list[list[str]]:
        pages = glue.get_paginator("get_partitions").paginate(**t, **options)
        return [one["Values"] for page in pages for one in page["Partitions"]]

    assert len(found(PaginationConfig={"PageSize": 2})) == 5
    assert found(Expression="n > 5") == [["2026-01-01", "10"], ["2026-01-02", "10"]]
    assert found(Expression="day = '2026-01-01' AND n IN (5, 6)") == [["2026-01-01", "5"]]
    assert code(glue.get_partitions, **t, Expression="nope = 1") == "InvalidInputException"
    halves = [found(Segment={"SegmentNumber": number, "TotalSegments": 2}) for number in (0, 1)]
    assert sorted(halves[0] + halves[1]) == found()


def test_partitions__get_update_delete__follow_the_reference(glue: Any, t: dict[str, str]) -> None:
    glue.create_partition(**t, PartitionInput={"Values": ["d1", "1"], "Parameters": {"k": "v"}})
    assert code(glue.create_partition, **t, PartitionInput={"Values": ["d1", "1"]}) == (
        "AlreadyExistsException"
    )
    one = glue.get_partition(**t, PartitionValues=["d1", "1"])["Partition"]
    assert (one["Values"], one["Parameters"], one["TableName"]) == (["d1", "1"], {"k": "v"}, "t")
    glue.update_partition(
        **t, PartitionValueList=["d1", "1"], PartitionInput={"Values": ["d2", "2"]}
    )
    batch = glue.batch_get_partition(
        **t, PartitionsToGet=[{"Values": ["d1", "1"]}, {"Values": ["d2", "2"]}]
    )
    assert [one["Values"] for one in batch["Partitions"]] == [["d2", "2"]]
    assert batch["UnprocessedKeys"] == [{"Values": ["d1", "1"]}]
    errors = glue.batch_delete_partition(
        **t, PartitionsToDelete=[{"Values": ["d1", "1"]}, {"Values": ["d2", "2"]}]
    )["Errors"]
    assert errors[0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert code(glue.delete_partition, **t, PartitionValues=["d2", "2"]) == (
        "EntityNotFoundException"
    )


def test_statistics__of_a_column__can_be_set_and_deleted(glue: Any, t: dict[str, str]) -> None:
    given = {
        "ColumnName": "a",
        "ColumnType": "int",
        "AnalyzedTime": 1_700_000_000,
        "StatisticsData": {
            "Type": "LONG",
            "LongColumnStatisticsData": {
                "MinimumValue": 1, "MaximumValue": 9, "NumberOfNulls": 0,
                "NumberOfDistinctValues": 5,
            },
        },
    }  # fmt: skip
    glue.update_column_statistics_for_table(**t, ColumnStatisticsList=[given])
    found = glue.get_column_statistics_for_table(**t, ColumnNames=["a", "z"])
    assert found["ColumnStatisticsList"][0]["StatisticsData"] == given["StatisticsData"]
    assert found["Errors"][0]["ColumnName"] == "z"
    glue.delete_column_statistics_for_table(**t, ColumnName="a")
    assert not glue.get_column_statistics_for_table(**t, ColumnNames=["a"])["ColumnStatisticsList"]
    glue.delete_column_statistics_for_table(**t, ColumnName="a")
    assert code(glue.delete_column_statistics_for_table, **t, ColumnName="z") == (
        "EntityNotFoundException"
    )


def test_input__against_the_model__is_refused_in_aws_words(
    endpoint: Endpoint, client_of: Callable[..., Any]
) -> None:
    glue = client_of(endpoint, "glue", parameter_validation=False)
    for call, options in (
        (glue.create_database, {"DatabaseInput": {"Name": ""}}),
        (glue.create_database, {"DatabaseInput": {}}),
        (glue.get_tables, {"DatabaseName": "db", "MaxResults": 0}),
        (glue.get_tables, {"DatabaseName": "db", "MaxResults": 101}),
    ):
        assert code(call, **options) == "InvalidInputException"


def test_other_operations__of_glue__are_motos(glue: Any) -> None:
    glue.create_registry(RegistryName="r")
    assert [one["RegistryName"] for one in glue.list_registries()["Registries"]] == ["r"]


def test_restart__catalog__is_the_same(
    start_endpoint: Callable[..., Endpoint], client_of: Callable[..., Any]
) -> None:
    first = start_endpoint()
    glue = client_of(first, "glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput=table())
    glue.update_table(DatabaseName="db", TableInput=table(Description="1"))
    glue.create_partition(DatabaseName="db", TableName="t", PartitionInput={"Values": ["d", "1"]})

    def everything(glue: Any) -> list[Any]:
        return [
            glue.get_databases()["DatabaseList"],
            glue.get_tables(DatabaseName="db")["TableList"],
            glue.get_table_versions(DatabaseName="db", TableName="t")["TableVersions"],
            glue.get_partitions(DatabaseName="db", TableName="t")["Partitions"],
        ]

    before = everything(glue)
    first.close()
    assert everything(client_of(start_endpoint(), "glue")) == before


@pytest.mark.parametrize("pattern", ["*b*", "a*", "*c", "abc", "x|abc", "a.*"])
def test_get_tables__expression__is_a_pattern_of_names(glue: Any, pattern: str) -> None:
    """awswrangler asks for `*text*`, which is no regular expression."""
    glue.create_database(DatabaseInput={"Name": "patterns"})
    for name in ("abc", "xyz"):
        glue.create_table(DatabaseName="patterns", TableInput={"Name": name})
    found = glue.get_tables(DatabaseName="patterns", Expression=pattern)["TableList"]
    assert [table["Name"] for table in found] == ["abc"]


def test_get_table__parameters__in_the_order_of_a_java_map(glue: Any) -> None:
    """The order that aws-sdk-pandas' test of generate_create_query met on AWS."""
    glue.create_database(DatabaseInput={"Name": "ordered"})
    given = {"classification": "parquet", "compressionType": "none"}
    given |= {"typeOfData": "file", "projection.enabled": "false"}
    glue.create_table(DatabaseName="ordered", TableInput={"Name": "t", "Parameters": given})
    found = glue.get_table(DatabaseName="ordered", Name="t")["Table"]["Parameters"]
    assert [*found] == ["compressionType", "classification", "projection.enabled", "typeOfData"]
