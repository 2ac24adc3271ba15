"""Which errors may pass by themselves, and which wait for a person: the one place that says so.

Loaders (`lakehouse.backoff`), the circuit breaker and Airflow's tasks all ask `classify`. An error
is known by the names of its classes, so that asking imports no client; what is no `LakehouseError`
comes from botocore, psycopg, requests, urllib3, the operating system, dbt or Python.

    transient   the same call may succeed later: it is tried again, with back-off
    lasting     a person must act: it is not tried again
    unknown     nothing is known of it: who asks decides (a loader gives up, Airflow tries again)

Codes are those of the AWS services' API references (common errors), of PostgreSQL's appendix "Error
Codes" and of RFC 9110, section 15.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lakehouse.errors import LakehouseError, SourceUnavailableError

Kind = Literal["transient", "lasting", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error is. `reason`: a few words without data of the call, such as `status 503`."""

    kind: Kind
    reason: str


TRANSIENT_STATUS = frozenset({408, 423, 425, 429, 500, 502, 503, 504})
"""Answers of HTTP that another try may cure."""

TRANSIENT_CODES = frozenset(
    {
        # Too many calls, in the spellings of AWS's services.
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        # Away for a moment.
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        # Somebody else was writing: Glue, and S3's conditional and conflicting writes.
        "ConcurrentModificationException",
        "ConcurrentRunsExceededException",
        "ConditionalRequestConflict",
        "OperationAborted",
    }
)
"""Error codes of AWS that another try may cure, whatever their HTTP status."""

TRANSIENT_SQLSTATES = ("08", "40", "53", "57", "58", "55P03", "25P03")
"""Classes and codes of PostgreSQL: connection, rolled back, out of resources, told to stop (also
by a time limit), the machine; a lock that was not to be had, a session that idled too long."""

LASTING_SQLSTATES = ("57P04",)
"""The database was dropped."""

TRANSIENT_CLASSES = frozenset(
    {
        "botocore.exceptions.CapacityNotAvailableError",
        "botocore.exceptions.ConnectionError",
        "botocore.exceptions.CredentialRetrievalError",
        "botocore.exceptions.FlexibleChecksumError",
        "botocore.exceptions.HTTPClientError",
        "botocore.exceptions.IncompleteReadError",
        "botocore.exceptions.MetadataRetrievalError",
        "builtins.BlockingIOError",
        "builtins.ConnectionError",
        "builtins.InterruptedError",
        "builtins.TimeoutError",
        "requests.exceptions.ChunkedEncodingError",
        "requests.exceptions.ConnectionError",
        "requests.exceptions.Timeout",
        "urllib3.exceptions.IncompleteRead",
        "urllib3.exceptions.MaxRetryError",
        "urllib3.exceptions.NewConnectionError",
        "urllib3.exceptions.ProtocolError",
        "urllib3.exceptions.ProxyError",
        "urllib3.exceptions.TimeoutError",
    }
)

LASTING_CLASSES = frozenset(
    {
        "botocore.exceptions.BotoCoreError",
        "builtins.ArithmeticError",
        "builtins.AssertionError",
        "builtins.AttributeError",
        "builtins.FileExistsError",
        "builtins.FileNotFoundError",
        "builtins.ImportError",
        "builtins.IsADirectoryError",
        "builtins.LookupError",
        "builtins.NameError",
        "builtins.NotADirectoryError",
        "builtins.NotImplementedError",
        "builtins.PermissionError",
        "builtins.RecursionError",
        "builtins.SyntaxError",
        "builtins.TypeError",
        "builtins.ValueError",
        "requests.exceptions.RequestException",
        "urllib3.exceptions.HTTPError",
    }
)
"""The nearest class decides: requests' time-out is transient, its other errors are not."""

_TRANSIENT_ERRNOS = frozenset(
    {
        errno.EAGAIN,
        errno.EBUSY,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.EMFILE,
        errno.ENETDOWN,
        errno.ENETRESET,
        errno.ENETUNREACH,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOLCK,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)

_CERTIFICATE = re.compile(r"certificate[ _]verify[ _]failed|CertificateError", re.IGNORECASE)
_SSL_CLASSES = frozenset(
    {
        "botocore.exceptions.SSLError",
        "requests.exceptions.SSLError",
        "ssl.SSLError",
        "urllib3.exceptions.SSLError",
    }
)

_POSTGRES_REFUSES = re.compile(
    r"authentication failed|no pg_hba\.conf entry|no password supplied"
    r"|(?:database|role) \"[^\"]*\" does not exist|invalid (?:integer value|connection option|port)"
    r"|certificate verify failed|permission denied",
    re.IGNORECASE,
)
"""What a server says to a connection that no second try will open; libpq gives it no SQLSTATE."""

_ATHENA_PASSES = re.compile(
    r"ICEBERG_COMMIT_ERROR|HIVE_METASTORE_ERROR.*[Tt]hrottl"
    r"|\b(?:Throttling|ThrottlingException|TooManyRequestsException|SlowDown|ServiceUnavailable"
    r"|InternalServerException|ConcurrentModificationException)\b"
    r"|Rate exceeded|exhausted resources|Could not connect to the endpoint"
    r"|Connection was closed before we received|(?:Read|Connect) timeout on endpoint"
)
"""What dbt-athena hands on of a failure that passes; dbt keeps the text alone."""

_DBT_CLASSES = frozenset({"cosmos.exceptions.CosmosDbtRunError", "CosmosDbtRunError"})


def classify(error: BaseException) -> Verdict:
    """Say whether the same call may succeed later; an error of no known kind is what caused it."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        verdict = _classify_one(current)
        if verdict.kind != "unknown":
            return verdict
        current = current.__cause__
    return Verdict("unknown", type(error).__name__)


def is_transient(error: BaseException) -> bool:
    """Whether it is known that the same call may succeed later."""
    return classify(error).kind == "transient"


def classify_dbt(text: str) -> Verdict:
    """What the message of a failed dbt command says: most failures of a model or a test last."""
    found = _ATHENA_PASSES.search(text)
    if found and "configured to fail if" not in text:
        return Verdict("transient", f"Athena: {found[0]}")
    return Verdict("lasting", "dbt failed")


def _classify_one(error: BaseException) -> Verdict:
    name = type(error).__name__
    if isinstance(error, LakehouseError):
        return _of_ours(error)
    names = list(_class_names(error))
    if not _DBT_CLASSES.isdisjoint(names):
        return classify_dbt(str(error))
    if "botocore.exceptions.ClientError" in names:
        return _of_aws(error)
    if "psycopg.Error" in names:
        return _of_postgres(error)
    if "requests.exceptions.HTTPError" in names:
        status = getattr(getattr(error, "response", None), "status_code", None)
        return _of_status(status) or Verdict("lasting", name)
    if not _SSL_CLASSES.isdisjoint(names):
        lasts = bool(_CERTIFICATE.search(str(error)))
        return Verdict("lasting" if lasts else "transient", name)
    if isinstance(error, socket.gaierror):
        passes = error.errno == socket.EAI_AGAIN
        return Verdict("transient" if passes else "lasting", name)
    for each in names:
        if each in TRANSIENT_CLASSES:
            return Verdict("transient", name)
        if each in LASTING_CLASSES:
            return Verdict("lasting", name)
    if isinstance(error, OSError) and error.errno is not None:
        code = errno.errorcode.get(error.errno, str(error.errno))
        kind: Kind = "transient" if error.errno in _TRANSIENT_ERRNOS else "lasting"
        return Verdict(kind, code)
    return Verdict("unknown", name)


def _class_names(error: BaseException) -> Iterator[str]:
    """The names of the error's classes, from its own to Exception, with their modules."""
    for each in type(error).__mro__:
        yield f"{each.__module__}.{each.__qualname__}"


def _of_ours(error: LakehouseError) -> Verdict:
    name = type(error).__name__
    if isinstance(error, SourceUnavailableError) and error.__cause__ is not None:
        # The loader says that nobody answered; why, it has from its client.
        cause = _classify_one(error.__cause__)
        if cause.kind == "lasting":
            return Verdict("lasting", cause.reason)
    return Verdict("transient" if error.retryable else "lasting", name)


def _of_aws(error: BaseException) -> Verdict:
    answer = getattr(error, "response", {})
    code = str(answer.get("Error", {}).get("Code", "")) or type(error).__name__
    if code in TRANSIENT_CODES:
        return Verdict("transient", code)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return Verdict("transient" if status in TRANSIENT_STATUS else "lasting", code)


def _of_status(status: int | None) -> Verdict | None:
    if status is None:
        return None
    return Verdict("transient" if status in TRANSIENT_STATUS else "lasting", f"status {status}")


def _of_postgres(error: BaseException) -> Verdict:
    name = type(error).__name__
    state: str | None = getattr(error, "sqlstate", None)
    if state:
        passes = state.startswith(TRANSIENT_SQLSTATES) and state not in LASTING_SQLSTATES
        return Verdict("transient" if passes else "lasting", f"SQLSTATE {state}")
    if "psycopg.OperationalError" not in _class_names(error):
        return Verdict("lasting", name)
    return Verdict("lasting" if _POSTGRES_REFUSES.search(str(error)) else "transient", name)
