"""The project's own metrics, as dbt reads them for the local lake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse.metrics import MetricCompiler

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what `dbt parse` writes."""
    folder = tmp_path_factory.mktemp("metrics")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LAKEHOUSE_", "DBT_"))
    }
    answer = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--no-use-colors", "--warn-error", "parse"],
        cwd=PROJECT,
        env={
            **kept,
            "DO_NOT_TRACK": "1",
            "DBT_LOG_PATH": str(folder / "logs"),
            "DBT_TARGET_PATH": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout
    return folder


@pytest.fixture(scope="session")
def compiler(artifacts: Path) -> MetricCompiler:
    return MetricCompiler((artifacts / "semantic_manifest.json").read_text(encoding="utf-8"))
