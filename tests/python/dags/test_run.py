"""One business date through the DAG itself, on a local endpoint, ending reconciled."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lakehouse.reconcile import DAILY_FIGURES
from tests.python.dags.conftest import PROJECT

pytestmark = [pytest.mark.dag, pytest.mark.integration]

DAY = "2026-06-01"
"""A Monday: what is built weekly is left out."""
FIGURES = len({each.figure for each in DAILY_FIGURES})


def test_marketplace_daily__first_business_date__lands_builds_and_reconciles(
    airflow_environ: dict[str, str], tmp_path: Path
) -> None:
    from local_athena.server import serve

    from lakehouse.marketplace import World, running_sources

    world = World(seed=11, scale=0.002)
    with (
        serve(tmp_path / "lake") as endpoint,
        running_sources(world, tmp_path / "sources") as sources,
    ):
        assert sources.gateway is not None
        sources.gateway.today = DAY
        environ = {
            **airflow_environ,
            **endpoint.environ,
            "LAKEHOUSE_SOURCES_DIR": str(tmp_path / "sources"),
            "LAKEHOUSE_POSTGRES_URL": sources.postgres_url,
            "LAKEHOUSE_DROP_DIR": str(sources.drop),
            "LAKEHOUSE_PAYMENTS_URL": sources.gateway.url,
            "LAKEHOUSE_WORLD_SEED": str(world.seed),
            "LAKEHOUSE_WORLD_SCALE": str(world.scale),
        }
        migrate = ["airflow", "db", "migrate"]
        subprocess.run(migrate, env=environ, check=True, capture_output=True)
        run = subprocess.run(
            ["airflow", "dags", "test", "marketplace_daily", f"{DAY}T12:00:00"],
            env=environ,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        log = run.stdout + run.stderr
        assert run.returncode == 0, log[-4000:]
        assert f"{FIGURES} of {FIGURES} figures agree" in log, log[-4000:]
        assert re.search(r"\bdag_id=marketplace_daily\b.*\bstate=success\b", log), log[-4000:]
