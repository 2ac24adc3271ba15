"""Row changes, read back by our scan, by PyIceberg and by DuckDB's iceberg extension."""

from typing import Any

import pytest
from local_athena.sql.errors import SqlError

SIMPLE = {"id": "bigint", "name": "varchar", "qty": "integer"}
FOUR = (
    "SELECT * FROM (VALUES (1::BIGINT, 'a', 10), (2, 'b', 20), (3, 'c', NULL), (4, NULL, 40)) "
    "t(c0, c1, c2)"
)
ROWS = {(1, "a", 10), (2, "b", 20), (3, "c", None), (4, None, 40)}


def everywhere(world: Any, name: str = "t") -> set[tuple[Any, ...]]:
    """The rows, if the three readers agree."""
    ours = sorted(world.read(name), key=repr)
    columns = [field.name for field in world.table(name).schema.fields]
    theirs = [
        tuple(row[column] for column in columns) for row in world.read_pyiceberg(name).to_pylist()
    ]
    assert sorted(theirs, key=repr) == ours
    assert sorted(world.read_duckdb(name), key=repr) == ours
    assert len(set(ours)) == len(ours)
    return set(ours)


@pytest.mark.parametrize(
    "partitioning", [(), ("id",), ("bucket(id, 4)", "name"), ("truncate(name, 1)",)]
)
def test_row_changes__of_every_kind__are_seen_by_all_readers(
    world: Any, partitioning: tuple[str, ...]
) -> None:
    world.create("t", SIMPLE, partitioning)
    assert world.insert("t", FOUR) == 4
    assert set(world.read("t")) == ROWS
    assert world.delete("t", "id = 1") == 1
    assert everywhere(world) == ROWS - {(1, "a", 10)}
    changed = world.change(
        "t",
        "SELECT 1 AS op, n, p, id AS c0, name || '!' AS c1, qty + 1 AS c2 FROM target WHERE id = 2",
    )
    assert changed == 1
    assert set(world.read("t")) == {(2, "b!", 21), (3, "c", None), (4, None, 40)}
    merged = world.change(
        "t",
        "SELECT CASE WHEN p IS NULL THEN 2 ELSE 1 END AS op, n, p, s.id AS c0, s.name AS c1, "
        "s.qty AS c2 FROM (VALUES (4, 'd', 1), (5, 'e', 2)) s(id, name, qty) "
        "LEFT JOIN target USING (id)",
    )
    assert merged == 2
    assert everywhere(world) == {(2, "b!", 21), (3, "c", None), (4, "d", 1), (5, "e", 2)}


def test_delete__of_all_rows_of_a_file__keeps_it_as_trino_does(world: Any) -> None:
    world.create("t", SIMPLE, ("name",))
    world.insert("t", FOUR)
    assert world.delete("t", "name = 'a'") == 1
    files = world.pyiceberg("t").inspect.files()
    assert sorted(files["content"].to_pylist()) == [0, 0, 0, 0, 1]
    assert everywhere(world) == ROWS - {(1, "a", 10)}


def test_delete__of_the_rest_of_a_file_with_deletes__one_delete_file_more(world: Any) -> None:
    world.create("t", SIMPLE)
    world.insert("t", FOUR)
    world.delete("t", "id < 3")
    assert world.delete("t", "id >= 3") == 2
    assert world.read("t") == []
    assert sorted(world.pyiceberg("t").inspect.files()["content"].to_pylist()) == [0, 1, 1]


def test_merge__target_row_matched_twice__fails_and_changes_nothing(world: Any) -> None:
    world.create("t", SIMPLE)
    world.insert("t", FOUR)
    with pytest.raises(SqlError) as failed:
        world.change(
            "t",
            "SELECT 1 AS op, n, p, id AS c0, s.name AS c1, qty AS c2 FROM target "
            "JOIN (VALUES (1, 'x'), (1, 'y')) s(id, name) USING (id)",
        )
    assert str(failed.value) == (
        "MERGE_TARGET_ROW_MULTIPLE_MATCHES: "
        "One MERGE target table row matched more than one source row"
    )
    assert everywhere(world) == ROWS


def test_insert__of_more_than_100_partitions__fails_by_name(world: Any) -> None:
    world.create("t", {"id": "bigint"}, ("id",))
    assert world.insert("t", "SELECT i AS c0 FROM range(100) r(i)") == 100
    with pytest.raises(SqlError, match="TOO_MANY_OPEN_PARTITIONS"):
        world.insert("t", "SELECT i AS c0 FROM range(101) r(i)")
    assert len(world.read("t")) == 100


def test_insert__of_no_rows__makes_no_snapshot(world: Any) -> None:
    before = world.create("t", SIMPLE)
    assert world.insert("t", FOUR + " WHERE false") == 0
    assert world.table("t").metadata_location == before.metadata_location
