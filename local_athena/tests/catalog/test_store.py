"""The engine's interface to the catalog, and that it shares rows with Glue's API."""

from dataclasses import replace
from pathlib import Path

import pytest
from local_athena.catalog import Catalog, Column, Database, Partition, Serde, Table
from local_athena.catalog.records import Records
from local_athena.catalog.store import SqliteCatalog
from local_athena.errors import (
    AlreadyExistsError,
    ConcurrentModificationError,
    EntityNotFoundError,
    InvalidInputError,
)
from local_athena.storage.database import Database as StateDatabase

TABLE = Table(
    database="db",
    name="T1",
    columns=(Column("a", "bigint", "note", {"iceberg.field.id": "1"}), Column("b", "string")),
    partition_keys=(Column("day", "date"),),
    location="s3://lake/t1",
    parameters={"classification": "parquet"},
    serde=Serde("org.example.SerDe", {"field.delim": "\t"}),
    input_format="in",
    output_format="out",
    description="about",
    owner="me",
    bucket_columns=("a",),
    bucket_count=4,
    storage_extra={"Compressed": False},
    extra={"Retention": 7},
)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = SqliteCatalog(Records(StateDatabase(tmp_path / "state.sqlite", durable=True)))
    made.create_database(Database("DB", location="s3://lake/", parameters={"k": "v"}))
    return made


def test_create_table__every_member__comes_back(catalog: Catalog) -> None:
    created = catalog.create_table(TABLE)
    assert created == catalog.get_table("DB", "t1")
    stored = replace(created, version_id=None, create_time=None, update_time=None)
    assert stored == replace(TABLE, name="t1")
    assert created.version_id == "0"
    with pytest.raises(AlreadyExistsError):
        catalog.create_table(TABLE)


def test_kind__by_type_and_parameter__is_told(catalog: Catalog) -> None:
    assert TABLE.kind == "hive"
    assert replace(TABLE, parameters={"table_type": "ICEBERG"}).kind == "iceberg"
    assert replace(TABLE, table_type="VIRTUAL_VIEW").kind == "view"


def test_update_table__stale_version__changes_nothing(catalog: Catalog) -> None:
    first = catalog.create_table(TABLE)
    second = catalog.update_table(
        replace(first, description="2"), expected_version=first.version_id
    )
    assert second.create_time == first.create_time
    with pytest.raises(ConcurrentModificationError):
        catalog.update_table(replace(first, description="3"), expected_version=first.version_id)
    assert catalog.get_table("db", "t1").description == "2"


def test_rename_table__with_partitions__takes_them_along(catalog: Catalog) -> None:
    catalog.create_database(Database("other"))
    catalog.create_table(TABLE)
    catalog.add_partitions("db", "t1", [Partition(("2026-01-01",), "s3://lake/p")])
    catalog.rename_table("db", "t1", "T2", new_database="other")
    assert [table.name for table in catalog.tables("db")] == []
    assert [one.values for one in catalog.partitions("other", "t2")] == [("2026-01-01",)]
    with pytest.raises(EntityNotFoundError):
        catalog.get_table("db", "t1")


def test_add_partitions__some_there__adds_the_new_or_none(catalog: Catalog) -> None:
    catalog.create_table(TABLE)
    one, two = Partition(("2026-01-01",), "s3://a"), Partition(("2026-01-02",), "s3://b")
    assert catalog.add_partitions("db", "t1", [one]) == [one]
    assert catalog.add_partitions("db", "t1", [one, two]) == [two]
    three = Partition(("2026-01-03",))
    with pytest.raises(AlreadyExistsError):
        catalog.add_partitions("db", "t1", [three, one], if_not_exists=False)
    assert len(catalog.partitions("db", "t1")) == 2
    with pytest.raises(InvalidInputError):
        catalog.add_partitions("db", "t1", [Partition(("a", "b"))])
    found = catalog.partitions("db", "t1")[0]
    assert (found.location, found.input_format, found.serde) == ("s3://a", "in", TABLE.serde)


def test_drop_partitions__some_there__counts_them(catalog: Catalog) -> None:
    catalog.create_table(TABLE)
    catalog.add_partitions("db", "t1", [Partition(("x",)), Partition(("y",))])
    assert catalog.drop_partitions("db", "t1", [("x",), ("z",)]) == 1
    catalog.update_partition("db", "t1", ("y",), Partition(("w",), "s3://w"))
    assert [(one.values, one.location) for one in catalog.partitions("db", "t1")] == [
        (("w",), "s3://w")
    ]


def test_drop_database__with_tables__removes_all(catalog: Catalog) -> None:
    catalog.create_table(TABLE)
    catalog.drop_database("db")
    assert catalog.databases() == []
    with pytest.raises(EntityNotFoundError):
        catalog.get_table("db", "t1")
