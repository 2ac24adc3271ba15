"""Which sessions of a process share a client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3.session
import pytest
from botocore.config import Config

from lakehouse import shared_clients
from lakehouse.shared_clients import share_clients


@pytest.fixture(autouse=True)
def sharing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sharing for one test, far from any account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    session_class: Any = boto3.session.Session
    before = session_class.client
    session_class.client = shared_clients._make_client
    share_clients()
    yield
    session_class.client = before


def client(
    service: str = "glue", region: str = "us-east-1", retries: int = 3, **session: str
) -> Any:
    config = Config(retries={"max_attempts": retries, "mode": "standard"})
    session_class: Any = boto3.session.Session
    return session_class(region_name=region, **session).client(service, config=config)


def test_share_clients__two_sessions_that_ask_for_the_same__have_one_client() -> None:
    assert client() is client()


@pytest.mark.parametrize(
    "other",
    [
        {"service": "s3"},
        {"region": "sa-east-1"},
        {"retries": 5},
        {"aws_access_key_id": "another", "aws_secret_access_key": "another"},
    ],
)
def test_share_clients__what_differs__makes_another_client(other: dict[str, Any]) -> None:
    assert client(**other) is not client()


def test_share_clients__another_endpoint__makes_another_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = client()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2")
    assert client().meta.endpoint_url == "http://127.0.0.1:2"
    assert first.meta.endpoint_url == "http://127.0.0.1:1"
