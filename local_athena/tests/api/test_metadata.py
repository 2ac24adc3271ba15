"""Catalog operations of the Athena API, on what was made through Glue."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

TABLE = {
    "Name": "Orders",
    "TableType": "EXTERNAL_TABLE",
    "Parameters": {"classification": "parquet"},
    "PartitionKeys": [{"Name": "day", "Type": "string"}],
    "StorageDescriptor": {
        "Columns": [{"Name": "id", "Type": "bigint", "Comment": "the key"}],
        "Location": "s3://lake/orders",
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    },
}


@pytest.fixture
def catalog(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": "Sales", "Description": "all sales"})
    glue.create_table(DatabaseName="sales", TableInput=TABLE)
    glue.create_table(DatabaseName="sales", TableInput={**TABLE, "Name": "order_items"})
    glue.create_table(DatabaseName="sales", TableInput={**TABLE, "Name": "people"})


def refusal(call: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**options)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.usefixtures("catalog")
def test_get_table_metadata__hive_table__has_what_pyathena_reads(athena: Any) -> None:
    found = athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName="sales", TableName="ORDERS"
    )["TableMetadata"]
    assert found["Name"] == "orders"
    assert found["Columns"] == [{"Name": "id", "Type": "bigint", "Comment": "the key"}]
    assert found["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    parameters = found["Parameters"]
    assert parameters["classification"] == "parquet"
    assert parameters["location"] == "s3://lake/orders"
    assert parameters["serde.serialization.lib"].endswith("ParquetHiveSerDe")
    assert parameters["serde.param.serialization.format"] == "1"


@pytest.mark.usefixtures("catalog")
def test_get_table_metadata__comment_of_several_lines__comes_on_one(athena: Any, glue: Any) -> None:
    table = {**TABLE, "Name": "noted", "Description": "who\n\n  bought\twhat"}
    glue.create_table(DatabaseName="sales", TableInput=table)
    found = athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName="sales", TableName="noted"
    )
    assert found["TableMetadata"]["Parameters"]["comment"] == "who bought what"
    assert glue.get_table(DatabaseName="sales", Name="noted")["Table"]["Description"] == (
        "who\n\n  bought\twhat"
    )


@pytest.mark.usefixtures("catalog")
def test_list_table_metadata__expression__filters_names(athena: Any) -> None:
    def names(**options: Any) -> list[str]:
        pages = athena.get_paginator("list_table_metadata").paginate(
            CatalogName="awsdatacatalog", DatabaseName="sales", **options
        )
        return [table["Name"] for page in pages for table in page["TableMetadataList"]]

    assert names() == ["order_items", "orders", "people"]
    assert names(PaginationConfig={"PageSize": 1}) == ["order_items", "orders", "people"]
    assert names(Expression="order*") == ["order_items", "orders"]
    assert names(Expression="people|orders") == ["orders", "people"]
    assert names(Expression=".*_.*") == ["order_items"]


@pytest.mark.usefixtures("catalog")
def test_missing__database_or_table__is_a_metadata_error(athena: Any) -> None:
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": "sales"}
    assert refusal(athena.get_table_metadata, **where, TableName="x")[0] == "MetadataException"
    where["DatabaseName"] = "none"
    assert refusal(athena.get_database, **where)[0] == "MetadataException"
    assert refusal(athena.list_table_metadata, **where)[0] == "MetadataException"
    assert refusal(athena.list_databases, CatalogName="other")[0] == "MetadataException"


@pytest.mark.usefixtures("catalog")
def test_databases__listed_and_got__are_lower_case(athena: Any) -> None:
    listed = athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]
    assert [database["Name"] for database in listed] == ["default", "sales"]
    found = athena.get_database(CatalogName="AwsDataCatalog", DatabaseName="Sales")["Database"]
    assert found["Description"] == "all sales"


def test_data_catalogs__default_and_own__are_listed(athena: Any) -> None:
    found = athena.get_data_catalog(Name="awsdatacatalog")["DataCatalog"]
    assert (found["Name"], found["Type"]) == ("AwsDataCatalog", "GLUE")
    athena.create_data_catalog(Name="fed", Type="LAMBDA", Parameters={"function": "arn:x"})
    listed = athena.list_data_catalogs()["DataCatalogsSummary"]
    assert [catalog["CatalogName"] for catalog in listed] == ["AwsDataCatalog", "fed"]
    assert "no connector runs here" in refusal(athena.list_databases, CatalogName="fed")[1]
    athena.delete_data_catalog(Name="fed")
    assert refusal(athena.get_data_catalog, Name="fed")[0] == "InvalidRequestException"
