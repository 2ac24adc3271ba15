"""OPTIMIZE, VACUUM and DROP: fewer files, the same rows, nothing needed is removed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local_athena.engine.iceberg import maintenance, rows, scan
from local_athena.engine.iceberg.table import at_snapshot


def optimize(world: Any, name: str = "t") -> int:
    table = world.table(name)
    with world.cursor() as cursor:
        return len(maintenance.rewrite_files(table, cursor, rows.all_files(table)))


def objects(world: Any, name: str = "t") -> set[str]:
    return {found.uri for found in world.lake.store.list(f"s3://bucket/{name}/")}


def test_optimize__of_small_files_with_deletes__leaves_one_file_each_partition(world: Any) -> None:
    world.create("t", {"id": "bigint", "part": "varchar"}, ("part",))
    for number in range(4):
        values = f"i * 10 + {number} AS c0, 'p' || (i % 2) AS c1"
        world.insert("t", f"SELECT {values} FROM range(4) r(i)")
    world.delete("t", "id >= 30 OR id = 0")
    before = sorted(world.read("t"))
    assert optimize(world) == 2
    assert sorted(world.read("t")) == before
    assert sorted(world.read_duckdb("t")) == before
    files = world.pyiceberg("t").inspect.files()
    assert files["content"].to_pylist() == [0, 0]
    assert world.table("t").snapshot.summary.operation.value == "replace"
    assert optimize(world) == 0


def test_vacuum__of_old_snapshots__removes_what_only_they_needed(world: Any) -> None:
    world.create("t", {"id": "bigint"}, (), {"vacuum_max_snapshot_age_seconds": "60"})
    for number in range(3):
        world.insert("t", f"SELECT {number}::BIGINT AS c0")
    optimize(world)
    young = world.table("t")
    maintenance.vacuum(world.lake, young)
    assert len(world.table("t").metadata.snapshots) == 5
    world.lake.clock = lambda: datetime.now(UTC) + timedelta(seconds=120)
    held = objects(world)
    maintenance.vacuum(world.lake, world.table("t"))
    table = world.table("t")
    assert [s.snapshot_id for s in table.metadata.snapshots] == [young.snapshot.snapshot_id]
    data = [uri for uri in objects(world) if "/data/" in uri]
    assert data == [rows.all_files(table)[0].file.file_path]
    assert len(objects(world)) < len(held)
    assert sorted(world.read("t")) == [(0,), (1,), (2,)]
    assert sorted(world.read_duckdb("t")) == [(0,), (1,), (2,)]


def test_vacuum__keeps_as_many_snapshots_as_asked(world: Any) -> None:
    properties = {"vacuum_max_snapshot_age_seconds": "0", "vacuum_min_snapshots_to_keep": "2"}
    world.create("t", {"id": "bigint"}, (), properties)
    for number in range(3):
        world.insert("t", f"SELECT {number}::BIGINT AS c0")
    world.lake.clock = lambda: datetime.now(UTC) + timedelta(seconds=10)
    maintenance.vacuum(world.lake, world.table("t"))
    table = world.table("t")
    assert len(table.metadata.snapshots) == 2
    before = at_snapshot(table, table.snapshot.parent_snapshot_id)
    with world.cursor() as cursor:
        found = cursor.rows(f"SELECT id FROM {scan.plan_table(before).sql} ORDER BY id")
    assert found == [(0,), (1,)]


def test_vacuum__of_orphans__removes_old_ones_only(world: Any) -> None:
    world.create("t", {"id": "bigint"})
    world.insert("t", "SELECT 1::BIGINT AS c0")
    needed = objects(world)
    for name, age in (("old", 4), ("new", 1)):
        uri = f"s3://bucket/t/data/{name}.parquet"
        with world.lake.store.new_file(uri) as path:
            Path(path).write_bytes(b"x")
        then = (datetime.now(UTC) - timedelta(days=age)).timestamp()
        os.utime(world.lake.store.path(uri), (then, then))
    maintenance.vacuum(world.lake, world.table("t"))
    assert objects(world) == needed | {"s3://bucket/t/data/new.parquet"}


def test_drop__of_a_table__removes_entry_data_and_metadata(world: Any) -> None:
    world.create("t", {"id": "bigint"})
    world.create("t2", {"id": "bigint"})
    world.insert("t", "SELECT 1::BIGINT AS c0")
    world.insert("t2", "SELECT 2::BIGINT AS c0")
    maintenance.drop(world.lake, world.lake.catalog.get_table("db", "t"))
    assert objects(world) == set()
    assert [table.name for table in world.lake.catalog.tables("db")] == ["t2"]
    assert world.read("t2") == [(2,)]
