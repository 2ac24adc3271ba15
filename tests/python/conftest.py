"""Fixtures that tests of several packages share."""

from __future__ import annotations

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


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A local endpoint with S3 and Glue over an empty folder; the environment points to it."""
    from local_athena.server import serve

    for name in ("AWS_PROFILE", "LAKEHOUSE_ENV", "LAKEHOUSE_POSTGRES_URL", "LAKEHOUSE_DROP_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("LAKEHOUSE_PROJECT_DIR", str(PROJECT))
    with serve(tmp_path / "aws", engine_factory=_NoEngine) as endpoint:
        for name, value in endpoint.environ.items():
            monkeypatch.setenv(name, value)
        yield endpoint.url


@pytest.fixture
def lake(aws: str) -> Any:
    """The local lake, with its buckets and databases, and no table yet."""
    from lakehouse.contracts import bootstrap_lake, connect_lake
    from lakehouse.settings import Settings

    lake = connect_lake(Settings.from_env())
    bootstrap_lake(lake)
    return lake
