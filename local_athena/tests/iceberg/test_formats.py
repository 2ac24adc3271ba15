"""ORC and Avro data files: written, changed, and read by PyIceberg."""

from typing import Any

import duckdb
import pytest
from local_athena.sql.errors import SqlError

COLUMNS = {
    "id": "bigint",
    "name": "varchar",
    "day": "date",
    "at": "timestamp(6)",
    "price": "decimal(10,2)",
    "tags": "array(varchar)",
    "facts": "map(varchar, integer)",
    "place": "row(city varchar, zip integer)",
}
SELECT = (
    "SELECT i AS c0, 'n' || i AS c1, DATE '2020-01-01' + i::INTEGER AS c2, "
    "TIMESTAMP '1969-12-31 23:59:59.123456' + INTERVAL 1 DAY * i AS c3, "
    "(i * 1.25)::DECIMAL(10,2) AS c4, ['x', 'y'] AS c5, MAP {'k': i::INTEGER} AS c6, "
    "{'f0': 'c' || i, 'f1': NULL::INTEGER} AS c7 FROM range(20) r(i)"
)


@pytest.mark.parametrize("kind", ["orc", "avro"])
def test_table__of_another_format__is_written_changed_and_read(world: Any, kind: str) -> None:
    world.create("p", COLUMNS)
    world.create("t", COLUMNS, ("bucket(id, 3)",), {"format": kind.upper()})
    for name in ("p", "t"):
        world.insert(name, SELECT)
        assert world.delete(name, "id % 4 = 0") == 5
        nothing = ", ".join(f"NULL AS c{index}" for index in range(1, 8))
        world.insert(name, f"SELECT 99::BIGINT AS c0, {nothing}")
    assert sorted(world.read("t"), key=repr) == sorted(world.read("p"), key=repr)
    files = world.pyiceberg("t").inspect.files().to_pylist()
    assert {file["file_format"] for file in files if file["content"] == 0} == {kind.upper()}
    assert all(f".{kind}" in file["file_path"] for file in files if file["content"] == 0)


def test_orc__read_by_pyiceberg__gives_the_rows(world: Any) -> None:
    columns = {name: COLUMNS[name] for name in ("id", "name", "day", "price")}
    world.create("t", columns, (), {"format": "ORC"})
    world.insert("t", f"SELECT c0, c1, c2, c4 AS c3 FROM ({SELECT})")
    theirs = [tuple(row.values()) for row in world.read_pyiceberg("t").to_pylist()]
    assert sorted(theirs) == sorted(world.read("t"))


def test_avro__with_null_in_an_array__is_refused(world: Any) -> None:
    world.create("t", {"tags": "array(varchar)"}, (), {"format": "AVRO"})
    with pytest.raises(SqlError, match="NOT_SUPPORTED: NULL inside an array"):
        world.insert("t", "SELECT ['x', NULL] AS c0")


def test_avro__read_by_duckdb__gives_the_rows(world: Any) -> None:
    world.create("t", {"id": "bigint", "name": "varchar"}, (), {"format": "AVRO"})
    world.insert("t", f"SELECT c0, c1 FROM ({SELECT})")
    (found,) = world.lake.store.list("s3://bucket/t/data/")
    with duckdb.connect() as connection:
        world.load_extensions(connection)
        rows = connection.execute(f"SELECT id, name FROM read_avro('{found.path}')").fetchall()
    assert sorted(rows) == sorted(world.read("t"))
