"""Which errors pass by themselves: those of ours, of the clients, of the system and of dbt."""

from __future__ import annotations

import errno
import importlib
import socket
import ssl

import botocore.exceptions as aws
import psycopg
import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from lakehouse import errors
from lakehouse.errors import LakehouseError, QueryError, SourceUnavailableError
from lakehouse.transience import (
    LASTING_CLASSES,
    TRANSIENT_CLASSES,
    classify,
    classify_dbt,
    is_transient,
)


def _aws(code: str, status: int = 400) -> aws.ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return aws.ClientError(answer, "PutObject")  # type: ignore[arg-type]


def _status(status: int) -> requests.HTTPError:
    answer = requests.Response()
    answer.status_code = status
    return requests.HTTPError(response=answer)


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


TRANSIENT = [
    QueryError("x", retryable=True),
    SourceUnavailableError("orders", "x"),
    _aws("ThrottlingException"),
    _aws("SlowDown", 503),
    _aws("NotHeardOf", 503),
    _aws("ConditionalRequestConflict", 409),
    _aws("ConcurrentModificationException"),
    aws.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    aws.ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
    aws.ConnectionClosedError(endpoint_url="http://127.0.0.1:1"),
    psycopg.errors.SerializationFailure(),
    psycopg.errors.DeadlockDetected(),
    psycopg.errors.AdminShutdown(),
    psycopg.errors.TooManyConnections(),
    psycopg.errors.QueryCanceled(),
    psycopg.errors.LockNotAvailable(),
    psycopg.OperationalError("server closed the connection unexpectedly"),
    requests.ConnectionError(),
    requests.ReadTimeout(),
    requests.exceptions.ChunkedEncodingError(),
    requests.exceptions.SSLError("EOF occurred in violation of protocol"),
    _status(429),
    _status(503),
    urllib3.exceptions.ProtocolError("Connection aborted."),
    urllib3.exceptions.ReadTimeoutError(None, "x", "y"),  # type: ignore[arg-type]
    ConnectionResetError(),
    TimeoutError(),
    OSError(errno.EHOSTUNREACH, "No route to host"),
    socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
    _caused(RuntimeError("wrapped"), ConnectionResetError()),
    _caused(SourceUnavailableError("orders", "x"), requests.ConnectionError()),
]
LASTING = [
    QueryError("x"),
    errors.BatchHeldError("run", "x"),
    errors.ConfigError("x"),
    _aws("AccessDenied", 403),
    _aws("NoSuchBucket", 404),
    _aws("PreconditionFailed", 412),
    _aws("InvalidRequestException"),
    aws.NoCredentialsError(),
    aws.ParamValidationError(report="x"),
    aws.SSLError(endpoint_url="x", error="certificate verify failed"),
    psycopg.errors.InsufficientPrivilege(),
    psycopg.errors.UndefinedTable(),
    psycopg.errors.InvalidPassword(),
    psycopg.errors.DatabaseDropped(),
    psycopg.ProgrammingError("x"),
    psycopg.OperationalError('FATAL:  password authentication failed for user "reader"'),
    psycopg.OperationalError('FATAL:  database "order" does not exist'),
    requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
    requests.exceptions.InvalidURL(),
    requests.exceptions.TooManyRedirects(),
    requests.exceptions.JSONDecodeError("x", "y", 0),
    _status(404),
    _status(403),
    FileNotFoundError(errno.ENOENT, "x"),
    OSError(errno.ENOSPC, "No space left on device"),
    socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    ssl.SSLCertVerificationError(1, "certificate verify failed"),
    TypeError(),
    KeyError("x"),
    ZeroDivisionError(),
    UnicodeDecodeError("utf-8", b"x", 0, 1, "y"),
    _caused(
        SourceUnavailableError("orders", "PostgreSQL does not answer"),
        psycopg.OperationalError('FATAL:  password authentication failed for user "reader"'),
    ),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=repr)
def test_classify__what_may_pass__is_transient(error: Exception) -> None:
    assert classify(error).kind == "transient"
    assert is_transient(error)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_classify__what_waits_for_a_person__lasts(error: Exception) -> None:
    assert classify(error).kind == "lasting"


@pytest.mark.parametrize("error", [Exception("x"), RuntimeError("x"), OSError("x"), SystemExit(1)])
def test_classify__what_nobody_knows__is_unknown(error: BaseException) -> None:
    assert classify(error).kind == "unknown"
    assert not is_transient(error)


def test_classify__an_error_that_causes_itself__comes_to_an_end() -> None:
    error = RuntimeError("a")
    error.__cause__ = RuntimeError("b")
    error.__cause__.__cause__ = error
    assert classify(error).kind == "unknown"


def test_classify__every_error_of_ours__is_what_its_class_says() -> None:
    found = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, LakehouseError)
    ]
    assert len(found) > 15
    for value in found:
        error = value.__new__(value)
        assert classify(error).kind == ("transient" if value.retryable else "lasting"), value


@given(code=st.integers(min_value=100, max_value=599))
def test_classify__every_status_of_http__passes_when_the_server_is_busy_or_away(code: int) -> None:
    busy = code in {408, 423, 425, 429} or code in {500, 502, 503, 504}
    assert is_transient(_status(code)) is busy


@pytest.mark.parametrize("name", sorted(TRANSIENT_CLASSES | LASTING_CLASSES))
def test_classify__names_of_classes__are_those_that_the_libraries_have(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    value = getattr(importlib.import_module(module), attribute)
    assert issubclass(value, BaseException)
    assert f"{value.__module__}.{value.__qualname__}" == name


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("fct_orders: Runtime Error\n  ICEBERG_COMMIT_ERROR: Failed to commit", "transient"),
        ("fct_orders: (ThrottlingException) when calling GetQueryResults", "transient"),
        ("fct_orders: Query exhausted resources at this scale factor", "transient"),
        ("fct_orders: SYNTAX_ERROR: line 3:8: Column 'x' cannot be resolved", "lasting"),
        ("orders__id__unique: Got 3 results, configured to fail if != 0", "lasting"),
        (
            "a: ThrottlingException\nb: Got 3 results, configured to fail if != 0",
            "lasting",
        ),
    ],
)
def test_classify_dbt__message_of_athena__passes_or_lasts(text: str, kind: str) -> None:
    assert classify_dbt(text).kind == kind


def test_classify__dbt_under_cosmos__is_known_by_its_message() -> None:
    from cosmos.exceptions import CosmosDbtRunError

    passes = CosmosDbtRunError("dbt invocation completed with errors: a: ICEBERG_COMMIT_ERROR: x")
    lasts = CosmosDbtRunError("dbt invocation completed with errors: a: SYNTAX_ERROR: x")
    assert (classify(passes).kind, classify(lasts).kind) == ("transient", "lasting")
