"""Fixtures that tests of several packages share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


class _NoEngine:
    """S3 and Glue are enough for these tests; a query would fail by name."""

    def __init__(self, *arguments: Any) -> None:
        del arguments

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def _endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A local endpoint with S3 and Glue over a folder of its own."""
    from local_athena.server import serve

    with serve(tmp_path_factory.mktemp("aws"), engine_factory=_NoEngine) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def _whole_lake(_endpoint: Any) -> Any:
    from lakehouse.contracts import connect_lake
    from lakehouse.settings import Settings

    with pytest.MonkeyPatch.context() as patch:
        _point_to(_endpoint, patch)
        return connect_lake(Settings.from_env())


def _point_to(endpoint: Any, patch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("LAKEHOUSE_", "AWS_")):
            patch.delenv(name)
    patch.setenv("AWS_CONFIG_FILE", os.devnull)
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    patch.setenv("LAKEHOUSE_PROJECT_DIR", str(PROJECT))
    patch.setenv("LAKEHOUSE_DROP_SETTLE_SECONDS", "0")
    for name, value in endpoint.environ.items():
        patch.setenv(name, value)


@pytest.fixture
def lake(_endpoint: Any, _whole_lake: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The local lake with its buckets and databases, all empty; the environment points to it."""
    from lakehouse.contracts import bootstrap_lake

    _point_to(_endpoint, monkeypatch)
    bootstrap_lake(_whole_lake)
    for zone in _whole_lake.inventory.zones.values():
        if zone.has_bucket:
            _empty(_whole_lake.s3, _whole_lake.bucket(zone.name))
        if zone.has_database:
            database = _whole_lake.database(zone.name)
            for table in _whole_lake.glue.get_tables(DatabaseName=database)["TableList"]:
                _whole_lake.glue.delete_table(DatabaseName=database, Name=table["Name"])
    return _whole_lake


def _empty(s3: Any, bucket: str) -> None:
    for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=item["Key"])


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
