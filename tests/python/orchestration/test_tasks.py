"""What the tasks do, without Airflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse.errors import ConfigError
from lakehouse.orchestration import tasks
from lakehouse.orchestration.callbacks import describe_failure

PROJECT = Path(__file__).resolve().parents[3]


def test_demonstration_world__no_seed__means_real_sources() -> None:
    assert tasks.demonstration_world({}) is None


def test_demonstration_world__seed_and_scale__make_that_world() -> None:
    world = tasks.demonstration_world({tasks.SEED: "7", tasks.SCALE: "0.5"})
    assert world is not None
    assert (world.seed, world.scale) == (7, 0.5)


def test_demonstration_world__seed_is_no_number__names_the_variable() -> None:
    with pytest.raises(ConfigError, match="LAKEHOUSE_WORLD_SEED"):
        tasks.demonstration_world({tasks.SEED: "many"})


def test_close_day__world_without_database__names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAKEHOUSE_PROJECT_DIR", str(PROJECT))
    monkeypatch.setenv(tasks.SEED, "7")
    monkeypatch.delenv("LAKEHOUSE_POSTGRES_URL", raising=False)
    with pytest.raises(ConfigError, match="LAKEHOUSE_POSTGRES_URL"):
        tasks.close_day("2026-06-01")


@pytest.mark.parametrize("day", ["None", "", "2026-13-01"])
def test_close_day__run_without_a_business_date__says_how_to_start_it(
    monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    monkeypatch.setenv("LAKEHOUSE_PROJECT_DIR", str(PROJECT))
    monkeypatch.delenv(tasks.SEED, raising=False)
    with pytest.raises(ConfigError, match=r"has no business date .* partition key"):
        tasks.close_day(day)


def test_describe_failure__error_of_several_lines__one_line_with_runbook() -> None:
    line = describe_failure("landing__order_management", "land_orders", "r1", 2, "first\nsecond")
    assert line.count("\n") == 0
    assert "task=land_orders" in line
    assert "runbook=docs/en/runbooks/landing.md" in line
    assert "first" in line
    assert "second" not in line


def test_describe_failure__secrets_in_the_error__are_masked() -> None:
    error = OSError("postgresql://reader:hunter2-hunter2@db/orders does not answer")
    line = describe_failure("landing__order_management", "land_orders", "r1", 2, error)
    assert "hunter2" not in line
    assert "kind=unknown" in line


def test_transient_only__errors_of_every_kind__are_tried_again_only_where_that_may_help() -> None:
    """In a process of its own, as Airflow's settings come from the environment at import."""
    code = (
        "import botocore.exceptions as aws\n"
        "from lakehouse.errors import *\n"
        "from lakehouse.orchestration.retries import TransientOnly\n"
        "def throttled(code):\n"
        "    return aws.ClientError({'Error': {'Code': code}}, 'StartQueryExecution')\n"
        "for error in (SourceUnavailableError('orders', 'x'), QueryError('x', retryable=True),\n"
        "        throttled('ThrottlingException'), QueryError('x'), BatchHeldError('run', 'x'),\n"
        "        throttled('AccessDeniedException'), KeyError('x'), Exception('x')):\n"
        "    decision = TransientOnly().evaluate(error, 1, 3)\n"
        "    print(decision.action.value, decision.retry_delay)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.splitlines() == [
        *["retry None"] * 3,
        *["fail None"] * 4,
        "default None",
    ], answer.stderr


def test_is_weekly__days_of_a_week__the_sunday_alone() -> None:
    days = [f"2026-06-{day:02}" for day in range(1, 8)]  # the first is a Monday
    assert [day for day in days if tasks.is_weekly(day)] == ["2026-06-07"]
