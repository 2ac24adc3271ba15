import datetime as dt
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from lakehouse.demo import Plan
from lakehouse.demo.dbt_build import _depends_on_date
from lakehouse.demo.lock import only_one
from lakehouse.demo.marks import project_digest
from lakehouse.demo.progress import Reporter
from lakehouse.errors import DemoError
from lakehouse.marketplace import World


def test_plan__three_days__begin_with_the_first_business_date() -> None:
    plan = Plan(World(), 3)
    assert [str(day) for day in plan.dates] == ["2026-06-01", "2026-06-02", "2026-06-03"]
    assert plan.identity == "marketplace seed 42, scale 0.02, from 2026-06-01"


def test_plan__olist_files__are_one_day_and_another_identity(tmp_path: Path) -> None:
    plan = Plan(World(), 3, tmp_path)
    assert plan.dates == [dt.date(2026, 6, 1)]
    assert plan.identity == f"Olist files of {tmp_path}"


def test_project_digest__a_changed_model__changes_it_and_other_files_do_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.sql").write_text("select 1")
    before = project_digest(tmp_path)
    (tmp_path / "README.md").write_text("new")
    assert project_digest(tmp_path) == before
    (tmp_path / "models" / "a.sql").write_text("select 2")
    changed = project_digest(tmp_path)
    assert changed != before
    (tmp_path / "models" / "a.sql").rename(tmp_path / "models" / "b.sql")
    assert project_digest(tmp_path) != changed


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [("target.purchased_at = src.purchased_at", False), ("x >= date '2026-06-01'", True)],
)
def test_depends_on_date__a_date_in_a_rendered_predicate__is_found(
    predicate: str, expected: bool
) -> None:
    config = SimpleNamespace(incremental_predicates=[predicate])
    manifest = SimpleNamespace(nodes={"model.a": SimpleNamespace(config=config)})
    assert _depends_on_date(manifest, dt.date(2026, 6, 1)) is expected


def test_reporter__no_terminal__prints_a_line_at_the_start_and_at_the_end() -> None:
    out = io.StringIO()
    with Reporter(Console(file=out, force_terminal=False)) as reporter:
        with reporter.step("land", "2026-06-01 land") as step:
            step.tick(1, 8, "customers")
            step.note = "8 feeds"
        with reporter.step("land", "2026-06-02 land"):
            pass
    lines = out.getvalue().splitlines()
    assert lines[0] == "2026-06-01 land …"
    assert lines[1].startswith("2026-06-01 land: 8 feeds (")
    assert lines[3].startswith("2026-06-02 land: done (")
    assert list(reporter.seconds) == ["land"]


def test_reporter__a_failed_step__does_not_say_done() -> None:
    out = io.StringIO()
    with (
        pytest.raises(ValueError, match="broken"),
        Reporter(Console(file=out, force_terminal=False)) as reporter,
        reporter.step("build", "build"),
    ):
        raise ValueError("broken")
    assert out.getvalue() == "build …\n"
    assert reporter.seconds["build"] >= 0


def test_only_one__a_second_holder__is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    with (
        only_one(tmp_path),
        pytest.raises(DemoError, match="another demonstration is at work"),
        only_one(tmp_path),
    ):
        pass
    with only_one(tmp_path):
        pass


def test_only_one__a_folder_that_cannot_be_made__says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DemoError, match="set LAKEHOUSE_SOURCES_DIR"),
        only_one(tmp_path / "file" / "folder"),
    ):
        pass
