"""A lake of the environments ci and local, a drop folder, and a console."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.python.conftest import _NoEngine
from tests.python.orchestration.talend.tmc import Tmc, serve_tmc

PROJECT = Path(__file__).resolve().parents[4]
DAY = "2026-06-01"


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything is: the variables of every process, the lake of ci, the drop folder."""

    environ: dict[str, str]
    lake: Any
    drop: Path
    folder: Path

    def launcher(self, feed: str) -> Path:
        """The reference job of a feed."""
        return PROJECT / "talend" / "reference" / f"land_{feed}_run.sh"

    def deliver(self, feed: str, day: str, name: str, text: str) -> None:
        """Drop a file of a feed."""
        folder = self.drop / feed / day
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="session")
def talend_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from local_athena.server import serve

    from lakehouse.contracts import bootstrap_lake, connect_lake
    from lakehouse.settings import Settings

    folder = tmp_path_factory.mktemp("talend")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LAKEHOUSE_", "AWS_", "AIRFLOW", "DBT_"))
    }
    with serve(folder / "aws", engine_factory=_NoEngine) as endpoint:
        environ = {
            **kept,
            **endpoint.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")]),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "LAKEHOUSE_ENV": "ci",
            "LAKEHOUSE_PROJECT_DIR": str(PROJECT),
            "LAKEHOUSE_DROP_DIR": str(folder / "drop"),
            "LAKEHOUSE_DROP_SETTLE_SECONDS": "0",
            "LAKEHOUSE_PYTHON": sys.executable,
            "DO_NOT_TRACK": "1",
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            settings = Settings.from_env(environ)
            bootstrap_lake(connect_lake(settings, "local"))
            lake = connect_lake(settings)
            bootstrap_lake(lake)
        yield Site(environ, lake, folder / "drop", folder)


@pytest.fixture(scope="session")
def console(talend_site: Site) -> Iterator[Tmc]:
    with serve_tmc(talend_site.environ, talend_site.folder) as tmc:
        yield tmc
