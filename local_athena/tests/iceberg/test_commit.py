"""Writers that race: appends all land, real conflicts lose with Athena's error, nothing is lost."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from local_athena.engine.contract import QueryFailed
from local_athena.engine.iceberg import rows, scan
from local_athena.engine.iceberg.commit import Change, commit_change

SIMPLE = {"id": "bigint", "n": "integer"}
THREADS = 8


def values(*pairs: tuple[int, int]) -> str:
    listed = ", ".join(f"({a}::BIGINT, {b})" for a, b in pairs)
    return f"SELECT * FROM (VALUES {listed}) t(c0, c1)"


def together(work: Callable[[int], None], count: int = THREADS) -> list[BaseException]:
    """Run `work(0)` … `work(count - 1)` at once; what they raised."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001  (the test looks at all of them)
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_append__by_many_threads__all_land(world: Any) -> None:
    base = world.create("t", SIMPLE)

    def work(number: int) -> None:
        with world.cursor() as cursor:
            rows.insert_rows(base, cursor, values((number, 0)))

    assert together(work) == []
    assert sorted(world.read("t")) == [(number, 0) for number in range(THREADS)]
    assert sorted(world.read_duckdb("t")) == [(number, 0) for number in range(THREADS)]
    snapshots = world.table("t").metadata.snapshots
    assert len(snapshots) == 1 + THREADS
    assert [s.sequence_number for s in snapshots] == list(range(1, THREADS + 2))
    parents = [s.parent_snapshot_id for s in snapshots[1:]]
    assert parents == [s.snapshot_id for s in snapshots[:-1]]
    assert int(snapshots[-1].summary["total-records"]) == THREADS


def test_update__of_one_row_by_many_threads__counts_every_success(world: Any) -> None:
    world.create("t", SIMPLE)
    world.insert("t", values((1, 0)))

    def increment(number: int) -> None:
        table = world.table("t")
        plan = scan.plan_table(table, row_identity=True)
        with world.cursor() as cursor:
            rows.change_rows(
                table,
                cursor,
                f'SELECT 1 AS op, "{scan.FILE_NUMBER}" AS n, "{scan.POSITION}" AS p, '
                f"id AS c0, n + 1 AS c1 FROM {plan.sql}",
                plan.files,
                {},
            )

    failures = together(increment)
    assert all(isinstance(error, QueryFailed) for error in failures)
    assert {error.name for error in failures} <= {"ICEBERG_COMMIT_ERROR"}  # type: ignore[attr-defined]
    assert world.read("t") == [(1, THREADS - len(failures))]
    assert len(failures) < THREADS


@pytest.mark.parametrize("first", ["delete", "insert"])
def test_delete__after_a_concurrent_change__loses_with_athenas_error(
    world: Any, first: str
) -> None:
    world.create("t", SIMPLE)
    world.insert("t", values((1, 0), (2, 0)))
    base = world.table("t")
    if first == "delete":
        world.delete("t", "id = 1")
    else:
        world.insert("t", values((1, 5)))
    with pytest.raises(QueryFailed) as failed:
        world.change("t", f"SELECT {rows.DELETE} AS op, n, p FROM target WHERE id = 1", base=base)
    assert str(failed.value) == (
        "ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: db.t"
    )
    assert failed.value.error_type == 233
    assert failed.value.retryable


def test_append__after_a_concurrent_delete__lands(world: Any) -> None:
    world.create("t", SIMPLE)
    world.insert("t", values((1, 0), (2, 0)))
    base = world.table("t")
    world.delete("t", "id = 1")
    with world.cursor() as cursor:
        rows.insert_rows(base, cursor, values((3, 0)))
    assert sorted(world.read("t")) == [(2, 0), (3, 0)]


def test_rewrite__while_rows_are_deleted__loses(world: Any) -> None:
    world.create("t", SIMPLE)
    world.insert("t", values((1, 0), (2, 0)))
    base = world.table("t")
    world.delete("t", "id = 1")
    with pytest.raises(QueryFailed, match="ICEBERG_COMMIT_ERROR"):
        commit_change(base, Change("rewrite", removed=[f.entry for f in rows.all_files(base)]))


def test_commit__to_a_table_made_anew__loses(world: Any) -> None:
    base = world.create("t", SIMPLE)
    world.lake.catalog.drop_table("db", "t")
    world.create("t", SIMPLE)
    with world.cursor() as cursor, pytest.raises(QueryFailed, match="ICEBERG_COMMIT_ERROR"):
        rows.insert_rows(base, cursor, values((3, 0)))
    assert world.read("t") == []


def test_commit__that_dies_before_the_pointer__is_never_seen(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.create("t", SIMPLE)
    world.insert("t", values((1, 0)))

    def die(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.lake.catalog, "update_table", die)
    with pytest.raises(KeyboardInterrupt):
        world.insert("t", values((2, 0)))
    monkeypatch.undo()
    assert world.read("t") == [(1, 0)]
    assert world.insert("t", values((3, 0))) == 1
    assert sorted(world.read_duckdb("t")) == [(1, 0), (3, 0)]


def test_commits__one_after_another__hold_the_memory_of_one_version(world: Any) -> None:
    world.create("t", SIMPLE)
    for number in range(5):
        with world.cursor() as cursor:
            rows.insert_rows(world.table("t"), cursor, values((number, 0)))
    assert len(world.lake._metadata) == len(world.lake._lists) == 1
    assert len(world.read("t")) == 5
    first = world.table("t").metadata.snapshots[1]  # an older version is read again from its files
    assert len(world.lake.manifests(first.manifest_list)) == 1
