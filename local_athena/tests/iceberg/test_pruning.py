"""Files that a predicate rules out are not planned; those that may match always are."""

from datetime import date, datetime
from typing import Any

import pytest
from local_athena.engine.iceberg import rows, scan
from local_athena.engine.iceberg.needs import restrictions_of
from local_athena.sql.pruning.domains import ONLY_NULL, Domain, between, points


def planned(world: Any, name: str, **domains: Domain) -> tuple[int, int]:
    """(files, bytes) of a read of all columns."""
    table = world.table(name)
    plan = scan.plan_table(table, None, restrictions_of(table.schema, domains))
    return len(plan.files), plan.scanned_bytes


DAYS = (
    "SELECT i AS c0, DATE '2020-01-01' + i::INTEGER AS c1, 'k' || (i % 7) AS c2 FROM range(90) r(i)"
)
COLUMNS = {"id": "bigint", "day": "date", "k": "varchar"}


@pytest.mark.parametrize(
    ("partitioning", "domains", "files"),
    [
        (("month(day)",), {"day": between(date(2020, 2, 1), date(2020, 2, 29))}, 1),
        (("month(day)",), {"day": between(None, date(2020, 2, 1), high_inclusive=False)}, 1),
        (("month(day)",), {"day": points([date(2020, 1, 5), date(2020, 3, 5)])}, 2),
        (("month(day)",), {"day": points([date(2021, 1, 5)])}, 0),
        (("bucket(id, 4)",), {"id": points([34])}, 1),
        (("bucket(id, 4)",), {"id": between(10, 60)}, 4),
        (("k",), {"k": points(["k1", "k2", "nope"])}, 2),
        (("k",), {"k": ONLY_NULL}, 0),
        (("truncate(k, 1)",), {"k": between("l", None)}, 0),
        ((), {"id": between(1000, None)}, 0),
        ((), {"id": between(89, None)}, 1),
        ((), {"k": between("k7", None)}, 0),
    ],
)
def test_plan__with_a_predicate__reads_only_files_that_may_match(
    world: Any, partitioning: tuple[str, ...], domains: dict[str, Domain], files: int
) -> None:
    world.create("t", COLUMNS, partitioning)
    world.insert("t", DAYS)
    assert planned(world, "t", **domains)[0] == files


def test_plan__of_null_in_a_column_with_nulls__keeps_the_file(world: Any) -> None:
    world.create("t", COLUMNS)
    world.insert("t", "SELECT NULL::BIGINT c0, NULL::DATE c1, 'a' c2")
    assert planned(world, "t", id=ONLY_NULL)[0] == 1
    assert planned(world, "t", id=points([1]))[0] == 0
    assert planned(world, "t", k=ONLY_NULL)[0] == 0


def test_plan__with_nan_in_a_file__keeps_it(world: Any) -> None:
    world.create("t", {"d": "double"})
    world.insert("t", "SELECT unnest([1::DOUBLE, 'nan'::DOUBLE]) AS c0")
    assert planned(world, "t", d=between(5, None))[0] == 1
    world.create("u", {"d": "double"})
    world.insert("u", "SELECT 1.0::DOUBLE AS c0")
    assert planned(world, "u", d=between(5, None))[0] == 0


def test_written_file__with_nan_in_its_last_row_group__promises_no_bounds_of_it(world: Any) -> None:
    world.create("t", {"d": "double", "e": "real", "l": "array(double)", "m": "array(double)"})
    world.insert(
        "t",
        "SELECT CASE WHEN i < 299999 THEN i::DOUBLE ELSE 'nan' END AS c0, i::FLOAT AS c1, "
        "[NULL, c0] AS c2, [1.5, NULL] AS c3 FROM range(300000) r(i)",
    )
    (planned_file,) = rows.all_files(world.table("t"))
    assert planned_file.file.split_offsets is not None
    assert len(planned_file.file.split_offsets) == 3
    schema = world.table("t").schema
    name = {field.field_id: schema.find_column_name(field.field_id) for field in schema.fields}
    file = planned_file.file
    counted = {schema.find_column_name(number) for number in file.nan_value_counts}
    assert counted == {"e", "m.element"}
    assert {name[number] for number in file.lower_bounds} == {"e"}


def test_plan__of_a_day_of_instants__counts_fewer_bytes(world: Any) -> None:
    world.create("t", {"at": "timestamp(6)", "v": "varchar"}, ("day(at)",))
    world.insert(
        "t",
        "SELECT TIMESTAMP '2020-01-01' + INTERVAL 1 HOUR * i AS c0, md5(i::VARCHAR) AS c1 "
        "FROM range(240) r(i)",
    )
    files, every = planned(world, "t")
    low, high = (datetime.fromisoformat(day) for day in ("2020-01-03", "2020-01-04"))
    some, fewer = planned(world, "t", at=between(low, high, high_inclusive=False))
    assert (files, some) == (10, 1)
    assert fewer <= every / files * 1.1
    table = world.table("t")
    one_column = scan.plan_table(table, {"at"}).scanned_bytes
    assert 0 < one_column < every
