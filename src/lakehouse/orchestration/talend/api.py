"""The requests that landing needs of the Talend Management Console, sent in two ways.

`TmcRequest` is a request as data and `read_answer` reads what came back; the client of workers
sends it in a blocking call, that of the triggerer awaits it. Both try again what may pass: no
connection, 408, 429, 500, 502, 503, 504, waiting as Retry-After says or longer each time. A request
to start an execution is sent again only when it certainly started none: without a connection, or
after 429 or 503. What is uncertain is an error: nobody wants a second execution beside the first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx
from tenacity import AsyncRetrying, RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from lakehouse.orchestration.talend.errors import TalendError, TalendUnavailableError
from lakehouse.orchestration.talend.statuses import STATUSES

REGIONS = ("ap", "au", "eu", "us", "us-west")
"""Regions of Talend Cloud; each has the address https://api.<region>.cloud.talend.com."""

_TIMEOUT_SECONDS = 30
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_NOT_STARTED = frozenset({429, 503})
_ADVICE = {
    400: "is the task's id right, and every parameter one of the job's context?",
    401: "the personal access token is not valid: renew the connection's password",
    403: "the token's owner may not run the task: grant Operations - Manage and the workspace",
    404: "there is no such task or execution in this region",
}


def region_url(region: str) -> str:
    """The base address of a region; raises TalendError naming those that there are."""
    if region not in REGIONS:
        raise TalendError(f"there is no region {region!r}: the regions are {', '.join(REGIONS)}")
    return f"https://api.{region}.cloud.talend.com"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and how long is waited in between, in seconds."""

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60.0


@dataclass(frozen=True, slots=True)
class TmcRequest:
    """A request below the base address. `repeatable`: sent twice it does no more than once."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Execution:
    """What the Management Console says of an execution. Row counts are None where it has none."""

    id: str
    status: str
    error_type: str | None = None
    error_message: str | None = None
    processed_rows: int | None = None
    rejected_rows: int | None = None


def start_request(
    executable: str,
    parameters: Mapping[str, str],
    *,
    timeout_minutes: int | None = None,
    log_level: str | None = None,
) -> TmcRequest:
    """Start a task (`executable` is its id) with values for its context parameters."""
    body: dict[str, Any] = {"executable": executable, "parameters": dict(parameters)}
    if timeout_minutes is not None:
        body["timeout"] = max(1, timeout_minutes)
    if log_level is not None:
        body["logLevel"] = log_level
    return TmcRequest("POST", "/processing/executions", body, repeatable=False)


def status_request(execution_id: str) -> TmcRequest:
    """Ask what became of an execution."""
    return TmcRequest("GET", f"/processing/executions/{execution_id}")


def terminate_request(execution_id: str) -> TmcRequest:
    """Stop an execution; one that ended before stays as it is."""
    return TmcRequest("DELETE", f"/processing/executions/{execution_id}")


def read_execution(document: Any, execution_id: str) -> Execution:
    """An answer to `status_request`.

    Raises:
        TalendError: it has no status, or one that is not documented.
    """
    status = document.get("status") if isinstance(document, dict) else None
    if status not in STATUSES:
        raise TalendError(
            f"execution {execution_id} has the status {status!r}, which is none of those "
            f"documented: {', '.join(STATUSES)}"
        )
    return Execution(
        id=execution_id,
        status=status,
        error_type=document.get("errorType"),
        error_message=document.get("errorMessage"),
        processed_rows=document.get("numberOfProcessedRows"),
        rejected_rows=document.get("numberOfRejectedRows"),
    )


def read_execution_id(document: Any) -> str:
    """The id in an answer to `start_request`; raises TalendError where there is none."""
    found = document.get("executionId") if isinstance(document, dict) else None
    if not isinstance(found, str) or not found:
        raise TalendError("the answer to the start of an execution has no executionId")
    return found


class _AgainError(Exception):
    """What a second try may cure; `wait` is what the service asked for, in seconds."""

    def __init__(self, message: str, status: int | None = None, wait: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Access:
    """Address and token; the token stays out of `repr`."""

    base_url: str
    token: str = field(repr=False)

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of an httpx client."""
        return {
            "base_url": self.base_url,
            "headers": {"Authorization": f"Bearer {self.token}", "Accept": "application/json"},
            "timeout": _TIMEOUT_SECONDS,
        }


def read_answer(request: TmcRequest, answer: httpx.Response) -> Any:
    """The document of an answer, None without one.

    Raises:
        TalendError: the request was refused, or the answer is no JSON.
    """
    code = answer.status_code
    if code in (_TRANSIENT if request.repeatable else _NOT_STARTED):
        raise _AgainError(f"status {code}", code, _asked_wait(answer))
    where = f"{request.method} {answer.url}"
    if not request.repeatable and code in _TRANSIENT:
        raise TalendUnavailableError(f"{where} answered status {code}: {_UNCERTAIN}", status=code)
    if not answer.is_success:
        raise TalendError(
            f"{where} answered status {code}{_reason(answer)}"
            + (f": {_ADVICE[code]}" if code in _ADVICE else ""),
            status=code,
        )
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError as error:
        raise TalendError(f"{where} answered no JSON", status=code) from error


_UNCERTAIN = (
    "whether the execution started is not known; look for it in the Management Console before "
    "starting another"
)


class TmcClient:
    """Sends requests from a worker, blocking."""

    def __init__(self, access: Access, patience: Patience | None = None) -> None:
        self._client = httpx.Client(**access.options)
        self._patience = patience or Patience()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._client.close()

    def send(self, request: TmcRequest) -> Any:
        """The document of the answer, None without one.

        Raises:
            TalendUnavailableError: no answer after several tries, or none that says what happened.
            TalendError: the request was refused.
        """
        try:
            return Retrying(**_policy(self._patience))(self._send_once, request)
        except _AgainError as error:
            raise _given_up(request, error, self._patience) from error

    def _send_once(self, request: TmcRequest) -> Any:
        try:
            answer = self._client.request(request.method, request.path, json=request.body)
        except httpx.TransportError as error:
            raise _read_fault(request, error) from error
        return read_answer(request, answer)


class AsyncTmcClient:
    """Sends requests from the triggerer, awaiting."""

    def __init__(self, access: Access, patience: Patience | None = None) -> None:
        self._client = httpx.AsyncClient(**access.options)
        self._patience = patience or Patience()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def send(self, request: TmcRequest) -> Any:
        """As `TmcClient.send`."""
        try:
            return await AsyncRetrying(**_policy(self._patience))(self._send_once, request)
        except _AgainError as error:
            raise _given_up(request, error, self._patience) from error

    async def _send_once(self, request: TmcRequest) -> Any:
        try:
            answer = await self._client.request(request.method, request.path, json=request.body)
        except httpx.TransportError as error:
            raise _read_fault(request, error) from error
        return read_answer(request, answer)


def _read_fault(request: TmcRequest, error: httpx.TransportError) -> Exception:
    is_unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    what = f"{type(error).__name__}: {error}"
    if request.repeatable or is_unsent:
        return _AgainError(what)
    return TalendUnavailableError(f"{request.method} {request.path}: {what}: {_UNCERTAIN}")


def _policy(patience: Patience) -> dict[str, Any]:
    grow = wait_exponential_jitter(
        multiplier=patience.first_wait, max=patience.longest_wait, jitter=patience.first_wait
    )

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _AgainError) and error.wait is not None:
            return min(error.wait, patience.longest_wait)
        return grow(state)

    return {
        "retry": retry_if_exception(lambda error: isinstance(error, _AgainError)),
        "stop": stop_after_attempt(patience.attempts),
        "wait": wait,
        "reraise": True,
    }


def _given_up(
    request: TmcRequest, error: _AgainError, patience: Patience
) -> TalendUnavailableError:
    return TalendUnavailableError(
        f"{request.method} {request.path} got no answer in {patience.attempts} tries: {error}",
        status=error.status,
    )


def _asked_wait(answer: httpx.Response) -> float | None:
    """Seconds that Retry-After asks for; None where it says nothing, or a date."""
    try:
        seconds = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _reason(answer: httpx.Response) -> str:
    """What the service says of a refusal, shortened."""
    text = " ".join(answer.text.split())[:300]
    return f" ({text})" if text else ""
