"""From the sources to reconciled tables, at more days and seeds and after kills: `make e2e`.

Minutes each, so no part of `make test`, which runs the same road once.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lakehouse.reconcile import FIGURE_QUERIES

PROGRAMS = Path(sys.executable).parent
PROJECT = Path(__file__).parents[2]
FIGURES = len({each.figure for each in FIGURE_QUERIES})
IN_MID_BUILD = re.compile(r"dbt build: \d+ of \d+, ")


def environ_of(folder: Path, **more: str) -> dict[str, str]:
    """An environment whose lake and sources lie below `folder`."""
    foreign = ("AWS_", "LAKEHOUSE_", "LOCAL_ATHENA_", "DBT_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return clean | {
        "LOCAL_ATHENA_DATA": str(folder / "lake"),
        "LAKEHOUSE_SOURCES_DIR": str(folder / "sources"),
        "DBT_TARGET_PATH": str(folder / "target"),
        **more,
    }


def run(environ: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = command
    return subprocess.run(
        [PROGRAMS / program, *arguments],
        env=environ,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=3_000,
    )


@contextmanager
def served(environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """An endpoint in a process of its own, ready, and the environment that leads to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [PROGRAMS / "local-athena", "serve", "--port", port]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert port in process.stdout.readline()
        keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        region = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
        try:
            yield (
                process,
                {
                    **environ,
                    **keys,
                    **region,
                    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                },
            )
        finally:
            process.kill()


def start_until(
    environ: dict[str, str], mark: re.Pattern[str], *command: str
) -> subprocess.Popen[str]:
    """Start a program and come back as soon as a line of its output bears the mark."""
    program, *arguments = command
    process = subprocess.Popen(
        [PROGRAMS / program, *arguments],
        env=environ,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if mark.search(line):
            return process
    pytest.fail(f"ended without {mark.pattern!r}:\n{''.join(seen)}")


@pytest.mark.parametrize(("seed", "days"), [(42, 10), (7, 3), (123, 3)])
def test_demo__seed_and_days__agree_with_the_ledger(tmp_path: Path, seed: int, days: int) -> None:
    options = ("--days", str(days), "--seed", str(seed), "--scale", "0.01")
    answer = run(environ_of(tmp_path), "lakehouse", "demo", *options)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"2026-06-{days:02}: {FIGURES} of {FIGURES} figures agree" in answer.stdout


def test_demo__project_changed_before_another_day__the_days_before_follow(tmp_path: Path) -> None:
    """A new column, which `on_schema_change: fail` refuses to an incremental build."""
    project = tmp_path / "project"
    parts = "models macros seeds snapshots analyses tests/dbt contracts infra dbt_project.yml"
    for name in [*parts.split(), "profiles.yml"]:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        copy(PROJECT / name, project / name)
    environ = environ_of(tmp_path, LAKEHOUSE_PROJECT_DIR=str(project))
    first = run(environ, "lakehouse", "demo", "--days", "1", "--scale", "0.005")
    assert first.returncode == 0, first.stdout + first.stderr

    model = project / "models" / "integration" / "int_payments.sql"
    assert model.read_text().count("\nselect\n") == 1
    model.write_text(model.read_text().replace("\nselect\n", "\nselect\n    'b' as made_by,\n"))
    second = run(environ, "lakehouse", "demo", "--days", "2", "--scale", "0.005")
    assert second.returncode == 0, second.stdout + second.stderr
    assert f"2026-06-02: {FIGURES} of {FIGURES} figures agree" in second.stdout
    count = (
        "select count(*) as payments, count(made_by) as made from local_integration.int_payments"
    )
    answer = run(environ, "local-athena", "sql", "--format", "json", count)
    (counts,) = json.loads(answer.stdout)
    payments, of_the_new_project = counts.values()
    assert int(payments) == int(of_the_new_project) > 0

    third = run(environ, "lakehouse", "demo", "--days", "2", "--scale", "0.005")
    assert "dbt build" not in third.stdout


def test_build__endpoint_killed_in_mid_build__the_next_one_agrees(tmp_path: Path) -> None:
    demo = ("lakehouse", "demo", "--days", "2", "--scale", "0.01")
    with served(environ_of(tmp_path)) as (endpoint, environ):
        process = start_until(environ, IN_MID_BUILD, *demo)
        endpoint.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=600)
        assert process.returncode not in (0, None), rest
        assert "agree" not in rest
    with served(environ_of(tmp_path)) as (_, environ):
        answer = run(environ, *demo)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert f"2026-06-02: {FIGURES} of {FIGURES} figures agree" in answer.stdout


def test_build__dbt_killed_in_mid_build__plain_dbt_builds_again(tmp_path: Path) -> None:
    """Killed in a unit test, dbt leaves the table of it, which it then refuses to make."""
    demo = ("lakehouse", "demo", "--days", "1", "--scale", "0.01")
    with served(environ_of(tmp_path)) as (_, environ):
        answer = run(environ, *demo)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        tests = ("dbt", "test", "--select", "test_type:unit", "--no-use-colors")
        process = start_until(environ, re.compile(r"START unit_test"), *tests)
        process.kill()
        process.communicate(timeout=60)
        built = run(environ, "dbt", "build", "--no-use-colors")
        assert built.returncode == 0, built.stdout[-3_000:]
        reconciled = run(environ, "lakehouse", "reconcile")
        assert reconciled.returncode == 0, reconciled.stdout + reconciled.stderr
