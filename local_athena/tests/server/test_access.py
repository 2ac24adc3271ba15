"""Who is answered: programs on this machine under a loopback name, and no web page."""

import http.client
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from local_athena.access import is_loopback
from local_athena.errors import ConfigError
from local_athena.server import Endpoint
from local_athena.settings import Settings


def ask(endpoint: Endpoint, path: str = "/", **headers: str) -> int:
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=30)
    headers = {"X-Amz-Target": "AmazonAthena.ListWorkGroups", **headers}
    connection.request("POST", path, "{}", {k.replace("_", "-"): v for k, v in headers.items()})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:4566", 200),
        ("127.8.9.1", 200),
        ("localhost:1", 200),
        ("LOCALHOST.", 200),
        ("lake.localhost:4566", 200),
        ("[::1]:4566", 200),
        ("lake.s3.us-east-1.amazonaws.com", 200),
        ("amazonaws.com.evil.example", 403),
        ("evil.example", 403),
        ("evil.example:4566", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("evil.example@127.0.0.1.evil.example", 403),
        ("10.0.0.7:4566", 403),
        ("0.0.0.0", 403),
        ("[", 403),
        ("", 403),
    ],
)
def test_host_header__of_another_name__is_refused(
    endpoint: Endpoint, host: str, status: int
) -> None:
    assert ask(endpoint, Host=host) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost:8888"}, 200),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://["}, 403),
    ],
)
def test_web_page__of_elsewhere__is_refused(
    endpoint: Endpoint, headers: dict[str, str], status: int
) -> None:
    assert ask(endpoint, **headers) == status


def test_motos_controls__reset_and_recorder__are_refused(endpoint: Endpoint, s3: Any) -> None:
    s3.create_bucket(Bucket="lake")
    before = s3.list_buckets()["Buckets"]
    for path in ("/moto-api/reset", "/moto-api/recorder/start-recording"):
        assert ask(endpoint, path) == 403
    assert s3.list_buckets()["Buckets"] == before
    assert "lake" in {bucket["Name"] for bucket in before}


def test_allowed_host__named_by_the_operator__is_answered(
    start_endpoint: Callable[..., Endpoint], tmp_path: Path
) -> None:
    hosts = frozenset({"lake.internal"})
    settings = Settings(data=tmp_path / "data", port=0, hosts=hosts)
    endpoint = start_endpoint(settings=settings)
    assert ask(endpoint, Host="lake.internal:4566") == 200
    assert ask(endpoint, Host="other.internal") == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.com"])
def test_settings__host_for_others__need_the_names_of_clients(host: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="allow-host"):
        Settings(data=tmp_path, host=host)
    assert Settings(data=tmp_path, host=host, hosts=frozenset({"*"})).host == host
    assert Settings.from_env({"LOCAL_ATHENA_ALLOW_HOSTS": "A, b"}, host=host).hosts == {"a", "b"}


@pytest.mark.parametrize(
    ("name", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.1", False), ("local", False)],
)
def test_is_loopback__names_and_addresses__are_told_apart(name: str, loopback: bool) -> None:
    assert is_loopback(name) is loopback


def talk(endpoint: Endpoint, request: bytes) -> bytes:
    with socket.create_connection((endpoint.host, endpoint.port), timeout=20) as raw:
        raw.sendall(request)
        raw.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := raw.recv(65536):
            answer += piece
    return answer


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: \u00b2",
        "Content-Length: +2",
        "Content-Length: " + "9" * 5000,
        "Transfer-Encoding: chunked",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
    ],
)
def test_body__of_a_length_that_is_none__is_refused(endpoint: Endpoint, head: str) -> None:
    text = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonAthena.ListWorkGroups\r\n"
        f"{head}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
    )
    answer = talk(endpoint, text.encode("latin-1"))
    assert answer.split()[1] in (b"400", b"413"), answer
    assert answer.count(b"HTTP/1.1") == 1, answer


@pytest.mark.parametrize("depth", [1_000, 200_000])
def test_body__nested_without_end__is_refused(endpoint: Endpoint, depth: int) -> None:
    body = b'{"Filter":' + b"[" * depth + b"]" * depth + b"}"
    head = (
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonAthena.ListWorkGroups\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    answer = talk(endpoint, head.encode() + body)
    assert answer.startswith(b"HTTP/1.1 400"), answer[:300]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["__type"] == "SerializationException"
