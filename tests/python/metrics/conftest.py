"""The project's own metrics, as dbt reads them for the local lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.metrics import MetricCompiler


@pytest.fixture(scope="session")
def compiler(artifacts: Path) -> MetricCompiler:
    return MetricCompiler((artifacts / "semantic_manifest.json").read_text(encoding="utf-8"))
