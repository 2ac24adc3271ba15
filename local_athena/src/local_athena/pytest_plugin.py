"""The pytest plugin: an endpoint for the session, a clean database for each test.

    def test_totals(athena_database):
        athena_database.run("create table t with (format = 'PARQUET') as select 1 as a")
        assert totals(athena_database.name) == 1    # boto3, PyAthena, awswrangler: no set-up

`local_athena` is the endpoint of the session (of each worker under xdist), over a temporary
folder. `athena_database` gives a test a database and a bucket of its own, points every AWS client
that the test makes to the endpoint, and removes both afterwards. For a database that lives longer,
make a fixture of your scope around `clean_database`. Nothing is started, and nothing of the engine
imported, until a test asks.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from local_athena.client import AthenaClient
    from local_athena.server import Endpoint

_ELSEWHERE = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
"""Variables that would lead a client elsewhere, as AWS_ENDPOINT_URL_ATHENA and its like would."""
_LITERALS = "local_athena_decimal_literals"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the configuration of the session's endpoint."""
    parser.addini(
        _LITERALS,
        "what local_athena reads a number such as 0.1 as: decimal (Trino) or double (Athena)",
        default="decimal",
    )


@dataclass(frozen=True)
class AthenaDatabase:
    """A database (`name`) and a bucket (`bucket`) of one test.

    `output_location` is for clients that ask where results go; `location` is the database's.
    """

    name: str
    bucket: str
    _client: "AthenaClient" = field(repr=False)

    @property
    def location(self) -> str:
        """The database's location, a prefix for tables; ends in `/`."""
        return f"s3://{self.bucket}/tables/"

    @property
    def output_location(self) -> str:
        """Where results of queries go, and tables made by CREATE TABLE AS; ends in `/`."""
        return f"s3://{self.bucket}/results/"

    def run(self, sql: str) -> list[dict[str, Any]]:
        """Run a statement in this database: its rows, with numbers and booleans as Python's.

        Raises:
            local_athena.client.StatementFailedError: with Athena's reason.
        """
        from local_athena.client import typed

        answer = self._client.run(sql, self.name, self.output_location)
        return [
            {
                name: typed(value, kind)
                for name, kind, value in zip(answer.names, answer.types, row, strict=True)
            }
            for row in answer.rows
        ]


@pytest.fixture(scope="session")
def local_athena(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> "Iterator[Endpoint]":
    """The session's endpoint (`url`, `environ`), started by the first test that needs it.

    AWS clients are pointed there by `athena_database`, or by a test that sets `environ`.
    """
    from local_athena.server import serve
    from local_athena.settings import Settings

    settings = Settings(
        data=tmp_path_factory.mktemp("local-athena"),
        port=0,
        decimal_literals=pytestconfig.getini(_LITERALS),
    )
    with serve(settings.data, settings=settings) as endpoint:
        yield endpoint


@pytest.fixture
def athena_database(local_athena: "Endpoint") -> Iterator[AthenaDatabase]:
    """A clean database and bucket for one test, with AWS clients pointed to the endpoint.

    Gives `name`, `bucket`, `location`, `output_location` and `run(sql)`.
    """
    with clean_database(local_athena) as database:
        yield database


@contextmanager
def clean_database(endpoint: "Endpoint") -> Iterator[AthenaDatabase]:
    """A database and a bucket that end with the block; in it, AWS clients find the endpoint."""
    from local_athena.client import AthenaClient

    with pytest.MonkeyPatch.context() as patch:
        _point_clients(endpoint, patch)
        unique = uuid.uuid4().hex[:12]
        client = AthenaClient(endpoint.url)
        database = AthenaDatabase(f"db_{unique}", f"athena-{unique}", client)
        s3 = _s3_client(endpoint)
        s3.create_bucket(Bucket=database.bucket)
        _run_outside(database, f"create database {database.name} location '{database.location}'")
        try:
            yield database
        finally:
            _run_outside(database, f"drop database if exists {database.name} cascade")
            _delete_bucket(s3, database.bucket)
            client.close()
            s3.close()


def _run_outside(database: AthenaDatabase, sql: str) -> None:
    database._client.run(sql, "default", database.output_location)


def _point_clients(endpoint: "Endpoint", patch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name in _ELSEWHERE or name.startswith("AWS_ENDPOINT_URL_"):
            patch.delenv(name)
    for name, value in endpoint.environ.items():
        patch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        patch.setenv(name, os.devnull)
    with suppress(ImportError):  # its default session keeps the keys and region it first saw
        import boto3

        patch.setattr(boto3, "DEFAULT_SESSION", boto3.Session())
    _point_pyarrow(endpoint.url, patch)


def _point_pyarrow(url: str, patch: pytest.MonkeyPatch) -> None:
    """pyarrow's S3 client, which knows no AWS_ENDPOINT_URL: PyAthena's Arrow cursor reads by it."""
    from pyarrow import fs

    class S3FileSystem(fs.S3FileSystem):  # type: ignore[misc]  # types are not read
        def __init__(self, *args: Any, endpoint_override: str | None = None, **more: Any) -> None:
            super().__init__(*args, endpoint_override=endpoint_override or url, **more)

    patch.setattr(fs, "S3FileSystem", S3FileSystem)


def _s3_client(endpoint: "Endpoint") -> Any:
    from botocore.session import get_session

    environ = endpoint.environ
    return get_session().create_client(
        "s3",
        endpoint_url=endpoint.url,
        region_name=environ["AWS_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )


def _delete_bucket(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        keys = [{"Key": found["Key"]} for found in page.get("Contents", ())]
        if keys:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    s3.delete_bucket(Bucket=bucket)
