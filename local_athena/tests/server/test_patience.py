"""Clients that send slowly: they are hung up on, others are not."""

import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from local_athena.client import AthenaClient
from local_athena.server import Endpoint, handler, patience

HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: AmazonAthena.ListWorkGroups\r\n"


@contextmanager
def connected(endpoint: Endpoint) -> Iterator[socket.socket]:
    with socket.create_connection((endpoint.host, endpoint.port), timeout=20) as connection:
        yield connection


def trickle(connection: socket.socket, byte: bytes) -> float:
    """Seconds until the server hangs up on a client that sends a byte again and again."""
    started = time.monotonic()
    connection.settimeout(0.01)
    while time.monotonic() - started < 15:
        try:
            connection.sendall(byte)
            if connection.recv(1) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


def test_head__sent_byte_by_byte__is_hung_up_on(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)
    with connected(endpoint) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nX-Slow: ")
        assert 0.2 < trickle(connection, b"a") < 14


def test_body__sent_byte_by_byte__is_hung_up_on(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(patience, "BYTES_A_SECOND", 1_000_000_000)
    with connected(endpoint) as connection:
        connection.sendall(HEAD + b"Content-Length: 5000000\r\n\r\n{")
        assert 0.2 < trickle(connection, b" ") < 14


def test_idle_connection__longer_than_a_head_may_take__is_still_answered(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.2)
    with connected(endpoint) as connection, connection.makefile("rb") as answers:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                _wait(connection, 0.3)
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
            assert answers.readline().startswith(b"HTTP/1.1 200")
            length = 0
            while (line := answers.readline().strip()) != b"":
                name, _, value = line.partition(b": ")
                length = int(value) if name == b"Content-Length" else length
            assert "WorkGroups" in json.loads(answers.read(length))


def _wait(connection: socket.socket, seconds: float) -> None:
    connection.settimeout(seconds)
    try:
        connection.recv(1, socket.MSG_PEEK)
    finally:
        connection.settimeout(20)


def test_body_in_chunks__larger_than_the_limit__is_refused(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "MAX_BODY", 1000)
    with connected(endpoint) as connection:
        connection.sendall(
            b"PUT /some-bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
            b"\r\n" + (b"200\r\n" + b"x" * 512 + b"\r\n") * 3 + b"0\r\n\r\n"
        )
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413"), answer
    assert b"EntityTooLarge" in answer


def test_client__whose_idle_connection_was_ended__opens_another(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "IDLE_SECONDS", 0.1)
    client = AthenaClient(endpoint.url)
    assert client.call("ListWorkGroups")["WorkGroups"]
    kept = client._connection.sock
    assert select.select([kept], [], [], 20)[0]  # the endpoint has hung up
    assert client.call("ListWorkGroups")["WorkGroups"]
    client.close()
