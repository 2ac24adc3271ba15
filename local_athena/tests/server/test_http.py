"""HTTP itself: keep-alive, refusals, errors without tracebacks, the way to moto."""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from local_athena.errors import DataFolderError, FolderLockedError, PortTakenError
from local_athena.server import Endpoint
from local_athena.server.handler import MAX_JSON_BODY

import local_athena

JSON_TYPE = {"Content-Type": "application/x-amz-json-1.1"}


@pytest.fixture
def connection(endpoint: Endpoint) -> Any:
    made = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=30)
    yield made
    made.close()


def post(connection: Any, target: str, body: bytes | str) -> tuple[int, dict[str, Any], Any]:
    connection.request("POST", "/", body, {**JSON_TYPE, "X-Amz-Target": target})
    response = connection.getresponse()
    return response.status, json.loads(response.read()), response.headers


def test_keep_alive__many_requests__use_one_connection(connection: Any) -> None:
    post(connection, "AmazonAthena.ListWorkGroups", "{}")
    first = connection.sock
    for _ in range(5):
        assert post(connection, "AmazonAthena.ListWorkGroups", "{}")[0] == 200
        connection.request("GET", "/no-such-bucket/key", headers={"Authorization": ""})
        assert connection.getresponse().read()
        assert connection.sock is first


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("AmazonAthena.Nonsense", "{}", "UnknownOperationException"),
        ("AmazonAthena.StartSession", "{}", "UnknownOperationException"),
        ("AmazonAthena.GetWorkGroup", "{", "SerializationException"),
        ("AmazonAthena.GetWorkGroup", "[]", "SerializationException"),
        ("AmazonAthena.GetWorkGroup", '{"WorkGroup": 7}', "SerializationException"),
        ("AmazonAthena.GetWorkGroup", "{}", "InvalidRequestException"),
        ("AWSGlue.GetDatabase", "{}", "InvalidInputException"),
    ],
)
def test_refusal__of_json_services__has_type_and_message(
    connection: Any, target: str, body: str, code: str
) -> None:
    status, answer, headers = post(connection, target, body)
    assert status == 400
    assert answer["__type"] == code
    assert answer["Message"]
    assert headers["x-amzn-RequestId"]


def test_body__of_silly_size__is_refused_unread(connection: Any) -> None:
    connection.putrequest("POST", "/")
    connection.putheader("X-Amz-Target", "AmazonAthena.StartQueryExecution")
    connection.putheader("Content-Length", str(MAX_JSON_BODY + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert str(MAX_JSON_BODY) in response.read().decode()


def test_body__length_is_not_a_number__is_refused(endpoint: Endpoint) -> None:
    with socket.create_connection((endpoint.host, endpoint.port), timeout=10) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\n\r\n", b"GET\r\n\r\n", b"\r\n" * 50])
def test_garbage__on_the_port__does_not_stop_the_server(
    endpoint: Endpoint, connection: Any, garbage: bytes
) -> None:
    with socket.create_connection((endpoint.host, endpoint.port), timeout=10) as raw:
        raw.sendall(garbage)
    assert post(connection, "AmazonAthena.ListWorkGroups", "{}")[0] == 200


def test_other_services__through_boto3__are_motos(
    endpoint: Endpoint, client_of: Callable[..., Any]
) -> None:
    assert client_of(endpoint, "sts").get_caller_identity()["Account"] == "123456789012"
    key = client_of(endpoint, "kms").create_key()["KeyMetadata"]["KeyId"]
    assert client_of(endpoint, "kms").describe_key(KeyId=key)["KeyMetadata"]["Enabled"]
    assert client_of(endpoint, "iam").list_roles()["Roles"] == []


def test_expect_continue__put_of_an_object__is_answered(endpoint: Endpoint, s3: Any) -> None:
    s3.create_bucket(Bucket="lake")
    with socket.create_connection((endpoint.host, endpoint.port), timeout=10) as raw:
        raw.sendall(
            b"PUT /lake/k HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 "
            b"Credential=a/20260101/us-east-1/s3/aws4_request\r\n"
            b"Content-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert raw.recv(4096).startswith(b"HTTP/1.1 100")
        raw.sendall(b"abc")
        assert raw.recv(4096).startswith(b"HTTP/1.1 200")
    assert s3.get_object(Bucket="lake", Key="k")["Body"].read() == b"abc"


def test_serve__port_taken__says_which(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is taken"):
            local_athena.serve(tmp_path / "data", port=port)
    assert not (tmp_path / "data").exists()


def test_serve__folder_in_use__is_refused(
    start_endpoint: Callable[..., Endpoint], endpoint: Endpoint
) -> None:
    with pytest.raises(FolderLockedError):
        start_endpoint(endpoint.settings.data)


_IMPORTED = """
import sys
import local_athena
with local_athena.serve(sys.argv[1]):
    from_here = "moto.s3.models" in sys.modules
    partly = [name for name, module in list(sys.modules.items())
              if name.split(".")[0] == "moto" and getattr(module.__spec__, "_initializing", False)]
    print(from_here, partly)
"""


def test_serve__in_a_program__leaves_no_module_of_moto_half_imported(tmp_path: Path) -> None:
    """Two threads that import them at once see modules that are not whole."""
    command = [sys.executable, "-c", _IMPORTED, str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True []", done.stderr


def test_serve__environ__points_boto3_here(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in endpoint.environ.items():
        monkeypatch.setenv(name, value)
    assert set(endpoint.environ) == {
        "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
        "AWS_DEFAULT_REGION",
    }  # fmt: skip
    client = boto3.session.Session().client("athena")
    assert client.list_work_groups()["WorkGroups"][0]["Name"] == "primary"
    client.close()


def test_close__with_idle_connections__is_quick_and_final(
    start_endpoint: Callable[..., Endpoint],
) -> None:
    endpoint = start_endpoint()
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=5)
    post(connection, "AmazonAthena.ListWorkGroups", "{}")
    began = time.monotonic()
    endpoint.close()
    endpoint.close()
    assert time.monotonic() - began < 5
    with pytest.raises((http.client.HTTPException, OSError)):
        post(connection, "AmazonAthena.ListWorkGroups", "{}")
    connection.close()


@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, 200), ("http://localhost:8888", 200), ("https://evil.example", 403), ("null", 403)],
)
def test_origin__of_a_foreign_web_page__is_refused(
    connection: Any, origin: str | None, status: int
) -> None:
    headers = {"X-Amz-Target": "AmazonAthena.ListWorkGroups"}
    connection.request("POST", "/", "{}", headers | ({"Origin": origin} if origin else {}))
    assert connection.getresponse().status == status


def test_serve__damaged_database__says_so_and_frees_the_folder(
    start_endpoint: Callable[..., Endpoint], tmp_path: Path
) -> None:
    start_endpoint().close()
    state = tmp_path / "data" / "state.sqlite"
    good = state.read_bytes()
    state.write_bytes(b"not a database at all" * 100)
    with pytest.raises(DataFolderError, match=r"state\.sqlite is damaged"):
        start_endpoint()
    state.write_bytes(good)
    start_endpoint()


def test_close__query_that_ignores_its_cancellation__does_not_hang_for_ever(
    start_endpoint: Callable[..., Endpoint],
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    class Stubborn:
        def __init__(self, *_: Any) -> None:
            self.started = threading.Event()

        def refusal(self, sql: str) -> str | None:
            return None

        def execute(self, request: Any, control: Any) -> Any:
            self.started.set()
            released.wait(30)
            control.check()

        def close(self) -> None:
            """Nothing to give back."""

    monkeypatch.setattr("local_athena.api.runner.STOP_SECONDS", 0.2)
    engine = Stubborn()
    endpoint = start_endpoint(engine_factory=lambda *_: engine)
    athena = client_of(endpoint, "athena")
    athena.start_query_execution(
        QueryString="x", ResultConfiguration={"OutputLocation": "s3://results/"}
    )
    assert engine.started.wait(10)
    began = time.monotonic()
    endpoint.close()
    assert time.monotonic() - began < 10
    released.set()
