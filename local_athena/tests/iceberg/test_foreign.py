"""Tables that PyIceberg wrote: partitioned, evolved, with deletes of both kinds."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from local_athena.catalog.model import Table as Entry
from local_athena.engine.iceberg.commit import Change, commit_change
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.conversions import to_bytes
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform
from pyiceberg.typedef import Record
from pyiceberg.types import (
    DoubleType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
)

SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=False),
    NestedField(2, "name", StringType(), required=False),
    NestedField(3, "at", TimestampType(), required=False),
    NestedField(
        4,
        "place",
        StructType(
            NestedField(5, "city", StringType(), required=False),
            NestedField(6, "zip", IntegerType(), required=False),
        ),
        required=False,
    ),
)
ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4], pa.int64()),
        "name": ["a", "b", None, "d"],
        "at": pa.array(
            [datetime.fromisoformat(f"2020-01-0{day}") for day in (1, 1, 2, 3)], pa.timestamp("us")
        ),
        "place": pa.array(
            [{"city": "x", "zip": 1}, None, {"city": None, "zip": 3}, {"city": "y", "zip": 4}],
            pa.struct([("city", pa.string()), ("zip", pa.int32())]),
        ),
    }
)


@pytest.fixture
def foreign(world: Any, tmp_path: Any) -> Any:
    """A function that makes a table with PyIceberg's own catalog and registers it with ours."""
    (tmp_path / "s3/bucket").mkdir(exist_ok=True)
    kind = type(world.pyiceberg.__self__).__module__
    catalog = SqlCatalog(
        "other",
        uri=f"sqlite:///{tmp_path}/other.db",
        warehouse="s3://bucket/other",
        root=str(world.root),
        **{"py-io-impl": f"{kind}.StoreFileIO"},
    )
    catalog.create_namespace("db")

    def make(spec: PartitionSpec, schema: Schema = SCHEMA) -> Table:
        return catalog.create_table("db.f", schema, partition_spec=spec)

    return make


def register(world: Any, table: Table) -> None:
    """Point our catalog at the table's current metadata."""
    entry = Entry(
        "db",
        "f",
        parameters={"table_type": "ICEBERG", "metadata_location": table.metadata_location},
    )
    world.lake.catalog.create_table(entry)


UNPARTITIONED = PartitionSpec()
BY_BUCKET = PartitionSpec(
    PartitionField(1, 1000, BucketTransform(3), "id_bucket"),
    PartitionField(3, 1001, DayTransform(), "at_day"),
)
BY_NAME = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name"))


@pytest.mark.parametrize(
    "spec", [UNPARTITIONED, BY_BUCKET, BY_NAME], ids=["none", "bucket", "name"]
)
def test_read__of_pyicebergs_table__gives_its_rows_after_evolution(
    world: Any, foreign: Any, spec: PartitionSpec
) -> None:
    table = foreign(spec)
    table.append(ROWS)
    with table.update_schema() as update:
        update.rename_column("id", "number")
        update.add_column("score", DoubleType())
        update.rename_column(("place", "city"), "town")
        update.add_column(("place", "country"), StringType())
        update.move_first("score")
    table.delete("number = 2")
    register(world, table)
    assert sorted(world.read("f", "score, number, name, place.f0, place.f1, place.f2")) == [
        (None, 1, "a", "x", 1, None),
        (None, 3, None, None, 3, None),
        (None, 4, "d", "y", 4, None),
    ]
    assert world.delete("f", "number = 4") == 1
    assert world.insert("f", "SELECT 0.5::DOUBLE c0, 9::BIGINT c1, 'n' c2, NULL c3, NULL c4") == 1
    theirs = {row["number"]: row["score"] for row in world.read_pyiceberg("f").to_pylist()}
    assert theirs == {1: None, 3: None, 9: 0.5}


def _equality_delete(world: Any, column: pa.Table, ids: list[int]) -> DataFile:
    uri = f"s3://bucket/other/{uuid4()}.parquet"
    with world.lake.store.new_file(uri) as path:
        pq.write_table(column, path)
        size = path.stat().st_size
    file = DataFile.from_args(
        _table_format_version=2,
        content=DataFileContent.EQUALITY_DELETES,
        file_path=uri,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=column.num_rows,
        file_size_in_bytes=size,
        equality_ids=ids,
        lower_bounds={1: to_bytes(LongType(), 0)},
    )
    file.spec_id = 0
    return file


def test_read__with_equality_deletes__hides_older_rows_only(world: Any, foreign: Any) -> None:
    table = foreign(UNPARTITIONED)
    table.append(ROWS)
    register(world, table)
    field = pa.field("name", pa.string(), metadata={"PARQUET:field_id": "2"})
    doomed = pa.table({"name": ["b", None]}, schema=pa.schema([field]))
    delete = _equality_delete(world, doomed, [2])
    commit_change(world.table("f"), Change("append", added=[delete]))
    assert sorted(world.read("f", "id")) == [(1,), (4,)]
    world.insert("f", "SELECT 7::BIGINT c0, 'b' c1, NULL c2, NULL c3")
    assert sorted(world.read("f", "id")) == [(1,), (4,), (7,)]


def test_read__of_files_without_ids__goes_by_name(world: Any, foreign: Any, tmp_path: Any) -> None:
    table = foreign(UNPARTITIONED)
    uri = "s3://bucket/other/plain.parquet"
    with world.lake.store.new_file(uri) as path:
        pq.write_table(ROWS, path)
    table.add_files([uri])
    register(world, table)
    assert sorted(world.read("f", "id, name")) == [(1, "a"), (2, "b"), (3, None), (4, "d")]
