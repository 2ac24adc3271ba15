"""Endpoints with a small engine of their own, so that the API is tested without SQL."""

import importlib.util
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from local_athena.engine.contract import (
    ColumnInfo,
    QueryCancelled,
    QueryControl,
    QueryFailed,
    QueryOutcome,
    QueryRequest,
)
from local_athena.server import Endpoint, serve
from local_athena.storage.rows import RowsWriter

_spec = importlib.util.spec_from_file_location(
    "published", Path(__file__).with_name("published.py")
)
assert _spec is not None
assert _spec.loader is not None
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)


class ToyEngine:
    """Knows five statements: `select <n>` gives n rows, `wait`, `fail`, `crash`, `create <n>`."""

    def __init__(self, store: Any, catalog: Any, settings: Any) -> None:
        self.store = store
        self.settings = settings
        self.requests: list[QueryRequest] = []
        self.waiting = threading.Event()

    def refusal(self, sql: str) -> str | None:
        return None

    def execute(self, request: QueryRequest, control: QueryControl) -> QueryOutcome:
        self.requests.append(request)
        word, _, rest = request.sql.strip().partition(" ")
        if word == "wait":
            stopped = threading.Event()
            control.on_cancel(stopped.set)
            self.waiting.set()
            stopped.wait(30)
            raise QueryCancelled
        if word == "fail":
            raise QueryFailed(
                "ICEBERG_COMMIT_ERROR", "Failed to commit", error_type=233, retryable=True
            )
        if word == "crash":
            raise ZeroDivisionError("secret path /home/someone")
        if word == "scan":
            control.add_scanned(int(rest))
            return self._select(request, 1)
        if word == "create":
            return self._create(request, int(rest))
        return self._select(request, int(rest or 1))

    def _select(self, request: QueryRequest, count: int) -> QueryOutcome:
        uri = f"{request.output_location}{request.query_id}.csv"
        with RowsWriter(self.settings.results, request.query_id) as rows:
            rows.write([str(number), None] for number in range(count))
        with self.store.new_file(uri) as path:
            lines = "".join(f'"{number}",\n' for number in range(count))
            path.write_text('"n","nothing"\n' + lines)
        return QueryOutcome(
            "DML",
            "SELECT",
            (
                ColumnInfo("n", "varchar", 2147483647, 0, case_sensitive=True),
                ColumnInfo("nothing", "integer", 10, 0),
            ),
            uri,
            scanned_bytes=10 * count,
            row_count=count,
            has_header=True,
        )

    def _create(self, request: QueryRequest, count: int) -> QueryOutcome:
        with RowsWriter(self.settings.results, request.query_id):
            pass
        base = f"{request.output_location}tables/{request.query_id}"
        with self.store.new_file(f"{base}-manifest.csv") as path:
            path.write_text("".join(f"s3://lake/t/{number}\n" for number in range(count)))
        return QueryOutcome(
            "DDL",
            "CREATE_TABLE_AS_SELECT",
            (),
            base,
            update_count=count,
            data_manifest_location=f"{base}-manifest.csv",
        )

    def close(self) -> None:
        """Nothing to give back."""


Clients = Callable[..., Any]
BUCKETS = ("results", "team")
"""Where these tests have their results written."""


@pytest.fixture
def start_endpoint(tmp_path: Path) -> Iterator[Callable[..., Endpoint]]:
    """Start endpoints on `tmp_path/data` (or another folder), with the buckets of results; all are
    closed at the end."""
    running: list[Endpoint] = []

    def start(data: Path | None = None, **options: Any) -> Endpoint:
        options.setdefault("engine_factory", ToyEngine)
        endpoint = serve(data or tmp_path / "data", **options)
        running.append(endpoint)
        for bucket in BUCKETS:
            (endpoint.settings.data / "s3" / bucket).mkdir(exist_ok=True)
        return endpoint

    yield start
    for endpoint in running:
        endpoint.close()


@pytest.fixture
def endpoint(start_endpoint: Callable[..., Endpoint]) -> Endpoint:
    """An endpoint on an empty folder."""
    return start_endpoint()


@pytest.fixture(scope="session")
def answered() -> dict[str, set[str]]:
    """Operations that were answered, by service."""
    return {"athena": set(), "glue": set()}


@pytest.fixture(scope="session")
def aws(answered: dict[str, set[str]]) -> boto3.session.Session:
    """One session for all clients: it reads each service's model once, and holds answers to it."""
    session = boto3.session.Session()
    for service, seen in answered.items():
        published.watch(session.events, service, seen)
    return session


@pytest.fixture
def client_of(aws: boto3.session.Session) -> Iterator[Callable[..., Any]]:
    """Make a boto3 client of an endpoint: `client_of(endpoint, "s3")`."""
    clients: list[Any] = []

    def make(endpoint: Endpoint, service: str, **config: Any) -> Any:
        client = aws.client(
            service,
            endpoint_url=endpoint.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"max_attempts": 1}, **config),
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def athena(endpoint: Endpoint, client_of: Callable[..., Any]) -> Any:
    """An Athena client; results go to s3://results/ unless said otherwise."""
    return client_of(endpoint, "athena")


@pytest.fixture
def glue(endpoint: Endpoint, client_of: Callable[..., Any]) -> Any:
    """A Glue client."""
    return client_of(endpoint, "glue")


@pytest.fixture
def s3(endpoint: Endpoint, client_of: Callable[..., Any]) -> Any:
    """An S3 client."""
    return client_of(endpoint, "s3")
