"""Two months of days at scale 0.1, then everything anew; two weeks of two other seeds.

`make long`: three quarters of an hour on two quiet cores. It prints seconds, and those of the
processors, which other work beside it does not lengthen as much.
"""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lakehouse.reconcile import FIGURE_QUERIES
from tests.e2e.test_full_refresh import environ_of, run
from tests.python.demo.contents import differences
from tests.python.demo.refresh import before_and_after_full_refresh

pytestmark = pytest.mark.long

FIGURES = len({each.figure for each in FIGURE_QUERIES})


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long it took."""
    begin, used = time.monotonic(), _processor_seconds()
    yield
    seconds, processor = time.monotonic() - begin, _processor_seconds() - used
    _say(f"{what}: {seconds / 60:.1f} min, {processor / 60:.1f} min of processors")


def _say(line: str) -> None:
    sys.stdout.write(f"\n{line}\n")
    sys.stdout.flush()


def _processor_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def demonstrate(folder: Path, days: int, seed: int, tested_days: int) -> dict[str, str]:
    """Build the days at scale 0.1, reconciled; the environment that leads to them."""
    environ = environ_of(folder)
    options = ("--days", str(days), "--seed", str(seed), "--tested-days", str(tested_days))
    with timed(f"{days} days of seed {seed}"):
        answer = run(environ, "lakehouse", "demo", "--scale", "0.1", *options)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f": {FIGURES} of {FIGURES} figures agree" in answer.stdout
    return environ


def test_60_days__reconciled__a_full_refresh_has_the_same_rows(tmp_path: Path) -> None:
    from local_athena.server import serve

    environ = demonstrate(tmp_path, days=60, seed=42, tested_days=5)
    with serve(tmp_path / "lake") as endpoint, timed("full refresh, and all rows read twice"):
        environ |= endpoint.environ
        before, after = before_and_after_full_refresh(
            endpoint, lambda *arguments: run(environ, "dbt", *arguments), "2026-07-30"
        )
    assert differences(before, after) == []
    _say(f"{len(before)} tables, {sum(each.rows.total() for each in before.values()):,} rows")


@pytest.mark.parametrize("seed", [7, 123])
def test_14_days__another_seed__agree_with_the_ledger(tmp_path: Path, seed: int) -> None:
    demonstrate(tmp_path, days=14, seed=seed, tested_days=1)
