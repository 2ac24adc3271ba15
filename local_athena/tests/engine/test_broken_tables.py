"""Tables that somebody broke: named errors, no harm to the others, and they can be dropped."""

import pytest
from local_athena.catalog.model import Column, Table

from .conftest import Lake


def broken(name: str, metadata_location: str) -> Table:
    parameters = {"table_type": "ICEBERG", "metadata_location": metadata_location}
    return Table("db", name, columns=(Column("a", "int"),), parameters=parameters)


@pytest.fixture
def tables(lake: Lake) -> Lake:
    """`whole`, and beside it tables whose metadata is elsewhere, gone or something else."""
    lake.run("create external table whole (n int) location 's3://b/whole/'")
    lake.put("s3://b/junk", "a")
    for name, location in [
        ("elsewhere", "/etc/passwd"),
        ("gone", "s3://b/nope.json"),
        ("junk", "s3://b/junk"),
    ]:
        lake.catalog.create_table(broken(name, location))
    view = Table(
        "db", "view", columns=(Column("a", "int"),), table_type="VIRTUAL_VIEW",
        view_original_text="/* Presto View: AAAA */",
    )  # fmt: skip
    lake.catalog.create_table(view)
    return lake


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("elsewhere", "ICEBERG_INVALID_METADATA: Invalid metadata file for table db.elsewhere"),
        ("junk", "ICEBERG_INVALID_METADATA: Invalid metadata file for table db.junk: s3://b/junk"),
        ("gone", "ICEBERG_MISSING_METADATA: Metadata not found in metadata location"),
    ],
)
def test_broken_metadata__of_an_iceberg_table__is_named_and_can_be_dropped(
    tables: Lake, name: str, error: str
) -> None:
    assert error in str(tables.fails(f"select * from {name}")).replace("line 1:15: ", "")
    tables.run(f"drop table {name}")
    assert tables.rows(f"show tables '{name}'") == []


def test_information_schema__beside_broken_tables__has_the_others(tables: Lake) -> None:
    columns = "select table_name from information_schema.columns where table_schema = 'db'"
    assert tables.rows(columns) == [["whole"]]
    views = "select count(*) from information_schema.views where table_schema = 'db'"
    assert tables.rows(views) == [["0"]]


@pytest.mark.parametrize("sql", ["select sum(n) from t", "delete from t where n > 0"])
def test_lost_data_file__of_an_iceberg_table__is_named_by_its_place_in_s3(
    lake: Lake, sql: str
) -> None:
    lake.run("create table t (n int) location 's3://b/t/' tblproperties ('table_type'='iceberg')")
    lake.run("insert into t values (1), (2)")
    lake.run("insert into t values (3)")
    (lost, _) = lake.files("s3://b/t/data/")
    lake.store.delete(lost)
    assert str(lake.fails(sql)) == f"ICEBERG_CANNOT_OPEN_SPLIT: Error opening Iceberg split {lost}"
