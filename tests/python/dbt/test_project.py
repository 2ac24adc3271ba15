"""The dbt project without a lake: its macros, its targets, its refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
DBT = str(Path(sys.executable).with_name("dbt"))


def _dbt(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LAKEHOUSE_", "DBT_"))
    }
    environ = {
        **kept,
        **variables,
        "DO_NOT_TRACK": "1",
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_TARGET_PATH": str(folder / "target"),
    }
    command = [DBT, "--no-use-colors", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
    )


def test_macros__all_their_assertions__hold(tmp_path: Path) -> None:
    run = _dbt(tmp_path, "run-operation", "test_all")
    assert run.returncode == 0, run.stdout
    assert "macros: every assertion holds" in run.stdout


def test_generate_schema_name__table_without_a_zone__is_an_error(tmp_path: Path) -> None:
    arguments = "{env: local, zone: null, node_name: lost}"
    run = _dbt(tmp_path, "run-operation", "_database_of", "--args", arguments)
    assert run.returncode != 0
    assert "'lost' has no zone" in run.stdout


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_parse__target_on_aws__needs_only_variables(tmp_path: Path, target: str) -> None:
    variables = {
        "LAKEHOUSE_ENV": "dev_ana",
        "LAKEHOUSE_BUCKET_PREFIX": "acme",
        "AWS_REGION": "sa-east-1",
    }
    run = _dbt(tmp_path, "parse", "--target", target, **variables)
    assert run.returncode == 0, run.stdout


def test_parse__variable_missing__names_it(tmp_path: Path) -> None:
    run = _dbt(tmp_path, "parse", "--target", "prod", LAKEHOUSE_BUCKET_PREFIX="acme")
    assert run.returncode != 0
    assert "AWS_REGION" in run.stdout + run.stderr
