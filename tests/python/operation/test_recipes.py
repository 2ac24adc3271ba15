"""The recipes of docs/en/runbooks/repair.md and maintenance.md, each run on a lake."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lakehouse.cli import cli
from tests.python.conftest import PROJECT
from tests.python.operation.conftest import FEED, MODEL, Shop

pytestmark = [pytest.mark.recipes, pytest.mark.filterwarnings("ignore")]  # dbt has its own
TABLE = f'"local_integration"."{MODEL}"'
WORDS = f"select category_name_pt, category_name_en, _landed_date from {TABLE} order by 1"


def lakehouse(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def words(shop: Shop) -> list[tuple[str | None, ...]]:
    return list(shop.athena.run(WORDS).rows)


@pytest.fixture(scope="module")
def built(shop: Shop) -> Shop:
    """Day 1, then day 3 while day 2 was late: as the daily runs left them."""
    shop.deliver(1, {"a": 1, "b": 1, "c": 1})
    shop.dbt("run", "--select", MODEL, run_date="2026-06-01")
    shop.deliver(3, {"c": 3, "d": 3})
    shop.dbt("run", "--select", MODEL, run_date="2026-06-03")
    return shop


DAYS_1_AND_3 = [
    ("a", "1", "2026-06-01"),
    ("b", "1", "2026-06-01"),
    ("c", "3", "2026-06-03"),
    ("d", "3", "2026-06-03"),
]


def test_backfill__day_2_after_day_3__is_put_in_and_takes_nothing_back(built: Shop) -> None:
    assert words(built) == DAYS_1_AND_3
    # Day 2 changes b, and c as it was before day 3 changed it.
    built.deliver(2, {"b": 2, "c": 2, "e": 2})
    built.deliver(4, {"f": 4})
    arguments = ["--from", "2026-06-02", "--to", "2026-06-03", "--select", MODEL]
    result = lakehouse("backfill", *arguments)
    assert result.exit_code == 0, result.output
    assert "warning: orders has no published batch of 2026-06-02, 2026-06-03" in result.stderr
    assert f"{FEED} has no" not in result.stderr
    expected = [
        ("a", "1", "2026-06-01"),
        ("b", "2", "2026-06-02"),
        ("c", "3", "2026-06-03"),
        ("d", "3", "2026-06-03"),
        ("e", "2", "2026-06-02"),
    ]
    # Day 4 lies beyond --to.
    assert words(built) == expected
    before = built.rows()
    built.dbt("run", "--select", MODEL, run_date="2026-06-02", run_until="2026-06-03")
    assert built.rows() == before


def test_backfill__dbt_cannot__leaves_its_status(
    built: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_TARGET", "nowhere")
    result = lakehouse("backfill", "--from", "2026-06-01", "--select", MODEL)
    assert result.exit_code == 1
    assert "error: dbt did not build it" in result.stderr
    monkeypatch.delenv("DBT_TARGET")
    result = lakehouse("backfill", "--from", "2026-06-01", "--select", MODEL, "--dry-run")
    said = built.dbt("list", "--select", MODEL, "--resource-type", "test")
    tests = [line for line in said if line.startswith("lakehouse.")]
    assert result.output.splitlines()[-2:] == [f"model {MODEL}", f"and {len(tests)} tests"]
    result = lakehouse("backfill", "--from", "2027-01-01", "--dry-run")
    assert result.exit_code == 2
    assert "nothing landed on 2027-01-01 or later: the newest batch is of 2026-06-04" in (
        result.stderr
    )
    span = ("--from", "2026-05-30", "--to", "2026-05-30")
    result = lakehouse("backfill", *span, "--select", "int_nothing", "--dry-run")
    assert f"warning: {FEED} has no published batch of 2026-05-30" in result.stderr
    assert result.exit_code == 2
    assert "error: nothing is selected" in result.stderr
    result = lakehouse("backfill", "--from", "2026-06-31")
    assert result.exit_code == 2
    assert "'2026-06-31' is no day of the calendar: write YYYY-MM-DD" in result.stderr
    result = lakehouse("backfill", "--from", "2026-06-02", "--to", "2026-06-01")
    assert result.exit_code == 2
    assert "--to 2026-06-01 lies before --from 2026-06-02" in result.stderr


def newest_version(shop: Shop) -> int:
    table = shop.iceberg("local_integration", MODEL)
    return int(table.current_snapshot().snapshot_id)


def versions(shop: Shop) -> list[int]:
    table = shop.iceberg("local_integration", MODEL)
    return [snapshot.snapshot_id for snapshot in table.metadata.snapshots]


_REST = "category_name_en, _source_sequence, _landed_date, _run_id"
DAMAGE = (
    f"delete from {TABLE} where category_name_pt = 'a'",
    f"update {TABLE} set category_name_en = '9' where category_name_pt = 'b'",
    # A key that is there twice: what a MERGE on the key alone could not put right.
    f"insert into {TABLE} select * from {TABLE} where category_name_pt in ('c', 'd')",
    f"insert into {TABLE} select 'x', {_REST} from {TABLE} where category_name_pt = 'b'",
)


def test_rollback__any_damage__is_undone_in_one_commit(built: Shop) -> None:
    good = newest_version(built)
    expected = built.rows(good)
    for statement in DAMAGE:
        built.athena.run(statement)
    damaged = versions(built)
    assert built.rows() != expected
    (line,) = built.operate("rollback", table=MODEL, version=str(good), dry_run=True)
    # a is gone, b is changed, c and d are there twice, x is new.
    assert "would put 5 keys back" in line
    assert versions(built) == damaged
    (line,) = built.operate("rollback", table=MODEL, version=str(good))
    assert f"5 keys put back to version {good}" in line
    # One more version, and what PyIceberg reads of it is what it read of the good one: no reader
    # can have met anything between.
    assert len(versions(built)) == len(damaged) + 1
    assert built.rows() == expected
    (line,) = built.operate("rollback", table=MODEL, version=str(good))
    assert "holds what version" in line
    assert len(versions(built)) == len(damaged) + 1


def test_rollback__to_an_instant__takes_the_version_that_readers_saw(built: Shop) -> None:
    seen = built.athena.run(
        f"select cast(max(committed_at) as varchar), cast(current_timestamp as varchar) "
        f'from {TABLE[:-1]}$snapshots"'
    ).rows[0]
    expected = built.rows()
    built.athena.run(f"delete from {TABLE}")
    assert built.rows() == []
    at = str(seen[1])[:23]
    built.operate("rollback", table=MODEL, at=at)
    assert built.rows() == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"table": MODEL, "version": "7"}, "has no version 7: it has"),
        ({"table": MODEL, "at": "2001-01-01 00:00"}, "has no version of 2001-01-01"),
        ({"table": MODEL}, "say which version"),
        ({"table": "dim_sellers", "version": "7"}, "built anew by every run"),
        ({"table": "int_nothing", "version": "7"}, "there is no Iceberg table 'int_nothing'"),
    ],
)
def test_rollback__what_cannot_be__is_refused_by_name(
    built: Shop, arguments: dict[str, Any], message: str
) -> None:
    success, said = built.try_dbt("run-operation", "rollback", "--args", json.dumps(arguments))
    assert not success
    assert message in "\n".join(said)


def test_maintain__many_small_files_and_versions__are_counted_packed_and_expired(
    built: Shop,
) -> None:
    for _ in range(4):
        built.athena.run(f"insert into {TABLE} select * from {TABLE} where category_name_pt = 'a'")
        built.athena.run(f"delete from {TABLE} where category_name_pt = 'a'")
    built.athena.run(
        f"alter table local_integration.{MODEL} set tblproperties "
        "('vacuum_max_snapshot_age_seconds' = '0')"
    )
    expected = built.rows()
    files = built.iceberg("local_integration", MODEL).inspect.files()
    data = sum(content == 0 for content in files["content"].to_pylist())
    deletes = files.num_rows - data
    snapshots = len(versions(built))
    arguments: dict[str, Any] = {"tables": [MODEL], "delete_files": 3, "snapshots": 5}
    counted = f"{data} files ({data} small, in 1 partitions), {deletes} of deletes, "
    (line,) = built.operate("maintain", dry_run=True, **arguments)
    assert f"{counted}{snapshots} snapshots; would OPTIMIZE, VACUUM" in line
    assert len(versions(built)) == snapshots
    (line,) = built.operate("maintain", **arguments)
    assert "OPTIMIZE, VACUUM: 1 files (1 small, in 1 partitions), 0 of deletes, 1 snapshots" in line
    assert len(versions(built)) == 1
    assert built.iceberg("local_integration", MODEL).inspect.files().num_rows == 1
    assert built.rows() == expected
    (line,) = built.operate("maintain", **arguments)
    assert line.endswith("nothing to do")


def test_drop_orphans__a_table_that_no_node_makes__is_named_first_and_dropped_when_told(
    built: Shop,
) -> None:
    bucket = built.lake.bucket("curated")
    built.athena.run(
        "create table local_curated.rpt_of_long_ago with (table_type = 'ICEBERG', is_external = "
        f"false, location = 's3://{bucket}/long_ago/') as select 1 as one"
    )
    built.athena.run('create view "local_curated"."rpt_a_view" as select 1 as one')
    lines = built.operate("drop_orphans")
    assert lines == [
        "would drop local_curated.rpt_a_view",
        "would drop local_curated.rpt_of_long_ago",
        *lines[2:],
    ]
    assert len(built.lake.glue.get_tables(DatabaseName="local_curated")["TableList"]) == 2
    lines = built.operate("drop_orphans", dry_run=False)
    assert lines == [line.replace("would drop", "dropped") for line in lines]
    assert len(lines) == 2
    assert built.lake.glue.get_tables(DatabaseName="local_curated")["TableList"] == []
    assert built.lake.s3.list_objects_v2(Bucket=bucket, Prefix="long_ago/")["KeyCount"] == 0
    assert built.operate("drop_orphans") == [
        "no orphan: every table is made by a node of the project"
    ]
    assert words(built)


def test_reprocess__then_backfill__brings_the_refused_rows_into_the_model(
    built: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.deliver(5, {"g": 5, "h": ""})
    built.dbt("run", "--select", MODEL, run_date="2026-06-05")
    assert [row for row in words(built) if row[2] == "2026-06-05"] == [("g", "5", "2026-06-05")]
    for name in ("contracts", "infra"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    contract = tmp_path / "contracts" / f"{FEED}.odcs.yaml"
    head, required, tail = contract.read_text("utf-8").rpartition("required: true")
    contract.write_text(head + required.replace("true", "false") + tail, "utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("LAKEHOUSE_PROJECT_DIR", str(tmp_path))
        result = lakehouse("reprocess", FEED, "--from", "2026-06-05")
    assert result.exit_code == 0, result.output
    assert "lakehouse backfill --from 2026-06-05 --to 2026-06-05" in result.stdout
    # What the backfill builds; the command itself ran above.
    built.dbt("run", "--select", MODEL, run_date="2026-06-05")
    assert ("h", None, "2026-06-05") in words(built)
