"""A small lake with a real endpoint, a feed of translations and dbt at hand."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import load_catalog

from lakehouse.athena import Athena, connect_athena
from lakehouse.contracts import Lake, apply_contracts, bootstrap_lake, connect_lake
from lakehouse.landing import Sources, land
from lakehouse.settings import Settings
from tests.python.conftest import PROJECT, _point_to

FEED, MODEL = "category_translations", "int_category_translations"


@dataclass(frozen=True, slots=True)
class Shop:
    """The lake, its Athena, and what delivers, builds and reads in it."""

    lake: Lake
    athena: Athena
    drop: Path
    manifest: Any

    def deliver(self, day: int, words: Mapping[str, object]) -> None:
        """Drop and land the translations of a day of June 2026, English by Portuguese."""
        when = date(2026, 6, day)
        folder = self.drop / FEED / when.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name},{word}\n" for name, word in words.items()]
        header = "product_category_name,product_category_name_english\n"
        (folder / "translations.csv").write_text(header + "".join(lines), "utf-8")
        land(FEED, when, Sources(drop_dir=self.drop), self.lake)

    def dbt(self, *arguments: str, **days: str) -> list[str]:
        """Run dbt on the parsed project; return what it said, or fail with it."""
        success, said = self.try_dbt(*arguments, **days)
        assert success, "\n".join(said)
        return said

    def try_dbt(self, *arguments: str, **days: str) -> tuple[bool, list[str]]:
        """Whether dbt succeeded, and what it said. `days` are its variables."""
        from dbt.cli.main import dbtRunner

        said: list[str] = []

        def hear(event: Any) -> None:
            if event.info.level != "debug":
                said.append(event.info.msg)

        runner = dbtRunner(self.manifest.deepcopy(), [hear])
        folder = str(PROJECT)
        options = ["--project-dir", folder, "--profiles-dir", folder, "--log-level", "none"]
        options += ["--vars", json.dumps(days)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = runner.invoke([*arguments, *options])
        if answer.exception is not None:
            said.append(str(answer.exception))
        return answer.success, said

    def operate(self, name: str, **arguments: Any) -> list[str]:
        """Run an operation; return the lines that name something of the lake."""
        said = self.dbt("run-operation", name, "--args", json.dumps(arguments))
        return [line for line in said if "local_" in line or "orphan" in line]

    def iceberg(self, database: str, name: str) -> Any:
        """A table as PyIceberg reads it, which knows nothing of our code."""
        catalog = load_catalog(
            "glue",
            type="glue",
            **{
                "glue.endpoint": self.lake.glue.meta.endpoint_url,
                "s3.endpoint": self.lake.s3.meta.endpoint_url,
                "client.region": self.lake.s3.meta.region_name,
            },
        )
        return catalog.load_table((database, name))

    def rows(self, version: int | None = None) -> list[str]:
        """Every row of the model, now or in a version of it."""
        scan = self.iceberg("local_integration", MODEL).scan(snapshot_id=version)
        return sorted(map(repr, scan.to_arrow().to_pylist()))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """An empty lake with its raw tables; the environment points to it."""
    from dbt.cli.main import dbtRunner
    from local_athena.server import serve

    folder = tmp_path_factory.mktemp("shop")
    with serve(folder / "lake") as endpoint, pytest.MonkeyPatch.context() as patch:
        _point_to(endpoint, patch)
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        patch.setenv("LAKEHOUSE_DROP_DIR", str(folder / "drop"))
        patch.setenv("LAKEHOUSE_DROP_SETTLE_SECONDS", "0")
        settings = Settings.from_env()
        lake = connect_lake(settings)
        bootstrap_lake(lake)
        apply_contracts(lake)
        options = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = dbtRunner().invoke(["parse", *options, "--log-level", "none"])
        assert parsed.success, parsed.exception
        parsed.result.selectors = {}  # dbt 1.11 cannot copy them
        yield Shop(lake, connect_athena(settings), folder / "drop", parsed.result)
