"""Columns by field id: added, renamed, widened, reordered, dropped, nested; and time travel."""

from typing import Any

import pytest
from local_athena.engine.iceberg import scan
from local_athena.engine.iceberg.alter import _schema_updates
from local_athena.engine.iceberg.commit import commit_updates
from local_athena.engine.iceberg.table import at_snapshot, at_version
from local_athena.sql.errors import SqlError
from local_athena.sql.parser import parse_statement


def alter(world: Any, name: str, action: str) -> None:
    statement = parse_statement(f"ALTER TABLE db.{name} {action}")
    commit_updates(
        world.table(name), lambda fresh: (_schema_updates(fresh, statement), lambda: None)
    )


def agree(world: Any, name: str, expected: list[tuple[Any, ...]]) -> None:
    columns = [field.name for field in world.table(name).schema.fields]
    theirs = world.read_pyiceberg(name).to_pylist()
    assert sorted(world.read(name), key=repr) == sorted(expected, key=repr)
    assert sorted((tuple(row[c] for c in columns) for row in theirs), key=repr) == sorted(
        expected, key=repr
    )


def test_columns__added_renamed_widened_and_moved__read_old_files_right(world: Any) -> None:
    world.create("t", {"id": "integer", "name": "varchar", "price": "decimal(5,2)", "f": "real"})
    world.insert("t", "SELECT 1::INTEGER c0, 'a' c1, 1.25::DECIMAL(5,2) c2, 0.5::FLOAT c3")
    alter(world, "t", "ADD COLUMNS (extra bigint, tags array<string>)")
    alter(world, "t", "CHANGE COLUMN name label string")
    alter(world, "t", "CHANGE COLUMN id id bigint")
    alter(world, "t", "CHANGE COLUMN price price decimal(9,2)")
    alter(world, "t", "CHANGE COLUMN f f double")
    world.insert(
        "t",
        "SELECT * FROM (SELECT 5000000000::BIGINT, 'b', 1234567.25::DECIMAL(9,2), "
        "0.1::DOUBLE, 7::BIGINT, ['x']) t(c0, c1, c2, c3, c4, c5)",
    )
    from decimal import Decimal

    agree(
        world,
        "t",
        [
            (1, "a", Decimal("1.25"), 0.5, None, None),
            (5000000000, "b", Decimal("1234567.25"), 0.1, 7, ["x"]),
        ],
    )
    alter(world, "t", "DROP COLUMN label")
    alter(world, "t", "ADD COLUMNS (label string)")
    assert {row[-1] for row in world.read("t")} == {None}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bigint", "int"),
        ("int", "double"),
        ("date", "timestamp"),
        ("decimal(8,2)", "decimal(6,2)"),
        ("decimal(8,2)", "decimal(8,3)"),  # PyIceberg would take these two; Trino refuses them
        ("decimal(8,2)", "decimal(10,3)"),
    ],
)
def test_change_column__not_wider_in_its_family__is_refused(world: Any, old: str, new: str) -> None:
    world.create("t", {"c": old})
    with pytest.raises(SqlError, match=r"NOT_SUPPORTED.*: Cannot change column type"):
        alter(world, "t", f"CHANGE COLUMN c c {new}")


def test_add_columns__of_a_known_name__is_refused(world: Any) -> None:
    world.create("t", {"id": "bigint"})
    with pytest.raises(SqlError, match="COLUMN_ALREADY_EXISTS"):
        alter(world, "t", "ADD COLUMNS (ID string)")


def test_drop_column__of_the_partition__is_refused(world: Any) -> None:
    world.create("t", {"id": "bigint", "p": "varchar"}, ("p",))
    with pytest.raises(SqlError, match="Cannot drop partition field: p"):
        alter(world, "t", "DROP COLUMN p")


def test_columns_in_glue__after_a_change__are_the_schemas(world: Any) -> None:
    world.create("t", {"id": "integer", "at": "timestamp(6)", "r": "row(a integer, b varchar)"})
    alter(world, "t", "ADD COLUMNS (m map<string,double>)")
    entry = world.lake.catalog.get_table("db", "t")
    assert [(c.name, c.type) for c in entry.columns] == [
        ("id", "int"),
        ("at", "timestamp"),
        ("r", "struct<a:int,b:string>"),
        ("m", "map<string,double>"),
    ]
    assert entry.columns[3].parameters["iceberg.field.id"] == "6"
    assert entry.parameters["table_type"] == "ICEBERG"
    assert entry.parameters["previous_metadata_location"].endswith(".metadata.json")


def test_time_travel__reads_rows_and_columns_of_then(world: Any) -> None:
    world.create("t", {"id": "integer"})
    world.insert("t", "SELECT 1 c0")
    then = world.table("t").snapshot
    world.delete("t", "id = 1")
    alter(world, "t", "ADD COLUMNS (extra string)")
    world.insert("t", "SELECT 2 c0, 'x' c1")
    table = world.table("t")
    old = at_snapshot(table, then.snapshot_id)
    with world.cursor() as cursor:
        assert cursor.rows(f"SELECT * FROM {scan.plan_table(old).sql}") == [(1,)]
    with pytest.raises(SqlError, match="INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: 5"):
        at_version(table, "version", 5)
