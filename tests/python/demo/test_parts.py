import datetime as dt
import fcntl
import io
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest
from dbt.artifacts.schemas.results import TestStatus
from rich.console import Console

from lakehouse.demo import Plan
from lakehouse.demo.dbt_build import DbtProject, _depends_on_date, _Watcher
from lakehouse.demo.lock import only_one
from lakehouse.demo.progress import Reporter
from lakehouse.demo.summary import next_steps
from lakehouse.errors import DemoError
from lakehouse.marketplace import World
from lakehouse.project_digest import project_digest


def test_plan__three_days__begin_with_the_first_business_date() -> None:
    plan = Plan(World(), 3)
    assert [str(day) for day in plan.dates] == ["2026-06-01", "2026-06-02", "2026-06-03"]
    assert plan.identity == "marketplace seed 42, scale 0.02, from 2026-06-01"


def test_plan__olist_files__are_one_day_and_another_identity(tmp_path: Path) -> None:
    plan = Plan(World(), 3, tmp_path)
    assert plan.dates == [dt.date(2026, 6, 1)]
    assert plan.identity == f"Olist files of {tmp_path}"


@pytest.mark.parametrize(
    ("days", "tested_days", "expected"),
    [
        (3, None, [1, 2, 3]),
        (3, 1, [3]),
        (3, 2, [1, 3]),
        (2, 5, [1, 2]),
        (20, 5, [4, 8, 12, 16, 20]),
    ],
)
def test_plan__tested_days__are_spread_and_the_last_is_one(
    days: int, tested_days: int | None, expected: list[int]
) -> None:
    plan = Plan(World(), days, tested_days=tested_days)
    assert sorted(plan.tested_dates) == [dt.date(2026, 6, day) for day in expected]


@pytest.mark.parametrize(
    ("world", "largest"),
    [(World(), 3), (World(first_day=dt.date(2026, 6, 3)), 1)],
)
def test_plan__days_of_the_future__are_refused_with_the_largest(world: World, largest: int) -> None:
    today = dt.date(2026, 6, 3)
    Plan(world, largest).check_days(today)
    Plan(world, largest + 1).check_days(None)
    with pytest.raises(DemoError, match=f"The largest is --days {largest} today"):
        Plan(world, largest + 1).check_days(today)


@pytest.mark.parametrize(
    "options",
    [[], ["--scale", "0.005"], ["--seed", "7"], ["--scale", "1", "--seed", "0"]],
)
def test_next_steps__options_that_made_the_lake__are_repeated(options: list[str]) -> None:
    given = dict(zip(options[::2], options[1::2], strict=True))
    world = World(seed=int(given.get("--seed", 42)), scale=float(given.get("--scale", 0.02)))
    steps = next_steps(Plan(world, 1), 2, "local", {"LOCAL_ATHENA_DATA": "/my lake"})
    words = shlex.split(next(step for step in steps if " demo " in step))
    assert words[0] == "LOCAL_ATHENA_DATA=/my lake"
    assert words[2:] == ["demo", "--days", "3", *options]


def test_plan__options_of_olist_files__are_quoted(tmp_path: Path) -> None:
    plan = Plan(World(seed=7), 1, tmp_path / "my files")
    assert shlex.split(plan.options) == ["--from", str(tmp_path / "my files")]


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


def test_build__tests_that_warn__are_named_with_their_rows() -> None:
    """A warning fails no build, and nobody looks for it in a log."""
    results = [
        SimpleNamespace(
            node=SimpleNamespace(name=name, resource_type="test"),
            status=status,
            failures=rows,
            message=None,
            adapter_response={"data_scanned_in_bytes": 10},
        )
        for name, status, rows in (
            ("quiet", TestStatus.Pass, 0), ("odd", TestStatus.Warn, 1200),
            ("off", TestStatus.Skipped, 0),
        )
    ]  # fmt: skip
    answer = SimpleNamespace(success=True, result=SimpleNamespace(results=results))
    outcome = DbtProject(Path(), "local")._judge(answer, dt.date(2026, 6, 1))
    assert outcome.warned == {"odd": 1200}
    assert outcome.summary == (
        "0 models, seeds and snapshots, 3 tests, 1 of them WARN: odd (1,200 rows)"
    )
    results[1].status = TestStatus.Pass
    assert DbtProject(Path(), "local")._judge(answer, None).summary.endswith("snapshots, 3 tests")


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
        only_one(tmp_path, None),
        pytest.raises(DemoError, match=rf"another demonstration \(pid {os.getpid()}\) is at work"),
        only_one(tmp_path, None),
    ):
        pass
    with only_one(tmp_path, None):
        pass
    assert list(tmp_path.iterdir()) == []


def test_only_one__lock_removed_between_opening_and_locking__is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that was opened is no longer the one that others would find."""
    lock, real = tmp_path / "demo.lock", fcntl.flock
    inodes = []

    def flock(file: IO[str], how: int) -> None:
        if not inodes:
            lock.unlink()
        inodes.append(os.fstat(file.fileno()).st_ino)
        real(file, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with only_one(tmp_path, None):
        assert lock.stat().st_ino == inodes[1]
        with pytest.raises(DemoError, match="is at work"), only_one(tmp_path, None):
            pass


@pytest.mark.parametrize("own", [True, False])
def test_only_one__lock_of_an_endpoint__is_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    runtime, shared = tmp_path / "run", tmp_path / "shared"
    runtime.mkdir()
    shared.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime) if own else "")
    with only_one(tmp_path / "sources", "http://127.0.0.1:4566"):
        (lock,) = [*runtime.iterdir(), *shared.iterdir()]
        assert lock.parent == (runtime if own else shared)
        assert own or f"-{os.getuid()}-4566" in lock.name
    assert [*runtime.iterdir(), *shared.iterdir()] == []


def test_only_one__lock_of_an_endpoint_cannot_be_made__names_it_and_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lakehouse-demo-4566.lock"
    lock.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with (
        pytest.raises(DemoError, match=f"{lock} cannot be made: Is a directory; .*XDG_RUNTIME_DIR"),
        only_one(tmp_path / "sources", "http://127.0.0.1:4566"),
    ):
        pass


def test_only_one__other_sources_on_the_same_endpoint__are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with (
        only_one(tmp_path / "a", "http://127.0.0.1:4566"),
        only_one(tmp_path / "c", "http://127.0.0.1:4567"),
        pytest.raises(
            DemoError, match=rf"\(pid {os.getpid()}\).* the lake of http://localhost:4566"
        ),
        only_one(tmp_path / "b", "http://localhost:4566"),
    ):
        pass


def test_only_one__a_holder_that_was_killed__is_forgotten(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from lakehouse.demo.lock import only_one\n"
        "with only_one(pathlib.Path(sys.argv[1]), None):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DemoError, match=f"kill {holder.pid}"), only_one(tmp_path, None):
            pass
        holder.kill()
    with only_one(tmp_path, None):
        pass


def test_only_one__a_folder_that_cannot_be_made__says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(
            DemoError, match=r"there is a file in its place; .* set LAKEHOUSE_SOURCES_DIR"
        ),
        only_one(tmp_path / "file" / "folder", None),
    ):
        pass


def test_watcher__reader_is_gone__reports_no_more_and_raises_nothing() -> None:
    said: list[int] = []

    def report(done: int, total: int, name: str) -> None:
        said.append(done)
        raise BrokenPipeError

    watcher = _Watcher(report)
    node = SimpleNamespace(node_info=SimpleNamespace(node_name="fct_orders"))
    for _ in range(2):
        watcher.see(SimpleNamespace(info=SimpleNamespace(name="NodeFinished"), data=node))
    assert said == [1]
