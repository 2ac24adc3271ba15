"""Days that another dbt project built are built anew, whatever comes after them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakehouse.contracts import Lake
from lakehouse.demo import Plan, run
from lakehouse.demo.dbt_build import BuildOutcome
from lakehouse.demo.marks import built_days, claim_lake, mark_built
from lakehouse.demo.progress import Reporter
from lakehouse.landing.history import read_published
from lakehouse.landing.olist import land_olist
from lakehouse.marketplace import World
from lakehouse.project_digest import project_digest
from lakehouse.settings import Settings
from tests.python.landing.test_olist import PUBLISHED, write

GEOLOCATION = """\
geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state
03149,-23.5783,-46.5807,sao paulo,SP
"""
FIRST, SECOND = dt.date(2026, 6, 1), dt.date(2026, 6, 2)


class Builds:
    """Writes down what would be built, None for everything; dbt itself runs in `tests/e2e`."""

    def __init__(self) -> None:
        self.days: list[dt.date | None] = []

    def build(
        self,
        day: dt.date | None,
        report: Callable[[int, int, str], None],
        selector: str | None = None,
        *,
        tested: bool = True,
    ) -> BuildOutcome:
        """As DbtProject.build."""
        self.days.append(day)
        return BuildOutcome(nodes=0, models=0, tests=0, scanned_bytes=0)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({}, [FIRST]),
        ({FIRST: "this"}, []),
        ({FIRST: "another"}, [None]),
        ({FIRST: "another", SECOND: "this"}, [None]),
        ({FIRST: "this", SECOND: "another"}, [None]),
        ({SECOND: "another"}, [None, FIRST]),
    ],
)
def test_run_demo__a_day_of_another_project__everything_is_built_first(
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    marks: dict[dt.date, str],
    expected: list[dt.date | None],
) -> None:
    plan = Plan(World(), 1, write(tmp_path / "olist", PUBLISHED))
    settings = Settings.from_env()
    digest = project_digest(settings.project_dir)
    claim_lake(lake, plan.identity)
    for day, builder in marks.items():
        mark_built(lake, day, digest if builder == "this" else builder)
    if FIRST in marks:
        land_olist(tmp_path / "olist", FIRST, lake)
    builds = Builds()
    monkeypatch.setattr(run, "DbtProject", lambda *arguments: builds)
    with Reporter() as reporter:
        run.run_demo(plan, settings, reporter)
    assert builds.days == expected
    assert built_days(lake) == dict.fromkeys({FIRST, *marks}, digest)


def test_run_demo__a_file_that_came_later__is_landed_and_its_day_built_again(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "olist", PUBLISHED)
    plan, settings, builds = Plan(World(), 1, folder), Settings.from_env(), Builds()
    monkeypatch.setattr(run, "DbtProject", lambda *arguments: builds)
    with Reporter() as reporter:
        run.run_demo(plan, settings, reporter)
        assert builds.days == [FIRST]
        write(folder, {"olist_geolocation_dataset.csv": GEOLOCATION})
        run.run_demo(plan, settings, reporter)
        assert builds.days == [FIRST, FIRST]
        manifest = read_published(lake, lake.contract("geolocation"), FIRST)
        assert (manifest.state, manifest.written_count) == ("published", 1)
        run.run_demo(plan, settings, reporter)
    assert builds.days == [FIRST, FIRST]


def test_run_demo__rebuilding_fails__the_days_stay_marked_as_stale(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(World(), 1, write(tmp_path / "olist", PUBLISHED))
    mark_built(lake, FIRST, "another")

    class Broken(Builds):
        def build(self, *arguments: Any, **options: Any) -> BuildOutcome:
            raise KeyboardInterrupt

    monkeypatch.setattr(run, "DbtProject", lambda *arguments: Broken())
    with Reporter() as reporter, pytest.raises(KeyboardInterrupt):
        run.run_demo(plan, Settings.from_env(), reporter)
    assert built_days(lake) == {FIRST: "another"}
