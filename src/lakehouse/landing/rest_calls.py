"""Calls of a REST service: with a token where it asks for one, and with patience.

An answer that a second try may cure (no connection, a broken or endless body, 429, 5xx, what is no
page) is asked for again, waiting as long as the service asks or longer each time. A token that has
expired is renewed, once a call. No call lasts longer than the limits below say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import requests
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential
from urllib3.exceptions import HTTPError

from lakehouse.contracts import Contract
from lakehouse.errors import ConfigError, SourceError, SourceSchemaError, SourceUnavailableError
from lakehouse.landing.bounded_calls import BoundedAdapter, OverdueError
from lakehouse.oauth_client import CLIENT_ID, CLIENT_SECRET, TOKEN_URL, ClientCredentials
from lakehouse.transience import TRANSIENT_STATUS, is_transient

ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 30.0
"""A service that asks for a longer pause is not waited for: the next run asks it again."""

_CONNECT_SECONDS, _SILENCE_SECONDS = 5.0, 30.0
_ANSWER_SECONDS = 120.0
_MOST_BYTES = 64 * 1024 * 1024
_BLOCK_BYTES = 64 * 1024
_SHOWN = 200
_REFUSED = (400, 401, 403)
_ERROR_CODE = re.compile(r"[a-z_]{1,40}")

T = TypeVar("T")


class _TryAgainError(Exception):
    """An answer that a second try may cure; `wait` is what the service asked for, in seconds."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


class _Bearer(AuthBase):
    """A token, which goes before a user and password in the address."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _SentOnError(Exception):
    """The service sends on to another one, which was not asked; the message names it."""


class _Session(requests.Session):
    """Follows where a service sends on as far as its token may go: to the same host."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """See `requests.Session`."""
        try:
            target = super().get_redirect_target(resp)
            address = urljoin(resp.url, target or "")
            leaves = bool(self.should_strip_auth(resp.url, address))  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise _SentOnError("what is no address") from error
        if leaves:
            parts = urlsplit(address)
            raise _SentOnError(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:_SHOWN])
        return target


class RestService:
    """The service that a feed comes from; use as a context manager."""

    def __init__(self, contract: Contract, credentials: ClientCredentials | None) -> None:
        self._contract = contract
        self._credentials = credentials
        self._token: str | None = None
        self._adapter = BoundedAdapter()
        self._session = _Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def get(self, url: str, parameters: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """What `read` makes of the answer; it raises SourceSchemaError for what is no page.

        Raises:
            ConfigError: the token service does not know the client.
            SourceUnavailableError: no answer after several tries, or the service asks for a pause.
            SourceSchemaError: no try brought a page.
            SourceError: the service refuses the request.
        """
        retrying = Retrying(
            retry=retry_if_exception_type((_TryAgainError, SourceSchemaError)),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            reraise=True,
        )
        try:
            return retrying(lambda: read(self._get(url, parameters)))
        except _TryAgainError as error:
            raise SourceUnavailableError(
                self._contract.feed, f"{url} did not answer in {ATTEMPTS} tries: {error}"
            ) from error

    def _get(self, url: str, parameters: Mapping[str, str]) -> bytes:
        answer = self._send("GET", url, params=parameters, auth=self._authorization())
        if answer.status == 401 and self._credentials is not None:
            self._token = None
            answer = self._send("GET", url, params=parameters, auth=self._authorization())
        self._require_ready(url, answer)
        if answer.status == 401:
            raise SourceError(
                self._contract.feed, f"{url} answered status 401 {self._explain_refusal()}"
            )
        if answer.status != 200:
            raise SourceError(self._contract.feed, f"{url} answered status {answer.status}")
        kind = answer.headers.get("Content-Type", "")
        if "html" in kind or answer.content.lstrip()[:1] == b"<":
            raise SourceSchemaError(
                self._contract.feed,
                f"{url} answered a page of HTML, which is not JSON: another program stands before "
                "the service, or this is not its address",
            )
        return answer.content

    def _explain_refusal(self) -> str:
        if self._credentials is None:
            return f"and wants a token. Set {TOKEN_URL}, {CLIENT_ID} and {CLIENT_SECRET}"
        return (
            f"to a new token of {self._credentials.client_id} ({CLIENT_ID}): give that client the "
            "right to read, or set another one"
        )

    def _authorization(self) -> _Bearer | None:
        if self._credentials is None:
            return None
        if self._token is None:
            self._token = self._fetch_token(self._credentials)
        return _Bearer(self._token)

    def _fetch_token(self, credentials: ClientCredentials) -> str:
        name, secret = (quote(t, "") for t in (credentials.client_id, credentials.client_secret))
        answer = self._send(
            "POST",
            credentials.token_url,
            data={"grant_type": "client_credentials"},
            auth=(name, secret),
        )
        self._require_ready(credentials.token_url, answer)
        if answer.status in _REFUSED:
            code = str(_read_object(answer.content).get("error"))
            reason = code if _ERROR_CODE.fullmatch(code) else f"status {answer.status}"
            raise ConfigError(
                f"{credentials.token_url} ({TOKEN_URL}) gives {credentials.client_id} no token "
                f"({reason}). Correct {CLIENT_ID} and {CLIENT_SECRET}",
                variable=CLIENT_SECRET,
            )
        if answer.status == 200 and not _read_object(answer.content):
            raise _TryAgainError("a token that is not JSON")
        token = _read_object(answer.content).get("access_token")
        if answer.status != 200 or not isinstance(token, str) or not token.isascii():
            raise SourceError(
                self._contract.feed,
                f"{credentials.token_url} answered status {answer.status} without a token. Is "
                f"{TOKEN_URL} the address of a token service?",
            )
        return token

    def _require_ready(self, url: str, answer: _Answer) -> None:
        """Raise for an answer that a later try may change."""
        if answer.status not in TRANSIENT_STATUS and answer.status < 500:
            return
        wait = asked_wait(answer.headers.get("Retry-After", ""), datetime.now(UTC))
        if wait is not None and wait > LONGEST_WAIT_SECONDS:
            raise SourceUnavailableError(
                self._contract.feed,
                f"{url} answered status {answer.status} and asks to be left alone for {wait:.0f} s",
            )
        raise _TryAgainError(f"status {answer.status}", wait)

    def _send(self, method: str, url: str, **more: Any) -> _Answer:
        timeouts = (_CONNECT_SECONDS, _SILENCE_SECONDS)
        try:
            with (
                self._adapter.within(_ANSWER_SECONDS),
                self._session.request(method, url, timeout=timeouts, stream=True, **more) as got,
            ):
                return _Answer(got.status_code, got.headers, self._read_body(url, got))
        except OverdueError as error:
            raise _TryAgainError(str(error)) from error
        except _SentOnError as error:
            raise SourceError(
                self._contract.feed,
                f"{url} sends on to {error}, which was not asked: is that the service's address "
                "now?",
            ) from error
        except (requests.RequestException, HTTPError) as error:
            if not is_transient(error):
                raise SourceError(
                    self._contract.feed, f"{url} cannot be asked: {type(error).__name__}"
                ) from error
            raise _TryAgainError(type(error).__name__) from error

    def _read_body(self, url: str, answer: requests.Response) -> bytes:
        content = bytearray()
        while block := answer.raw.read1(_BLOCK_BYTES, decode_content=True):
            content += block
            if len(content) > _MOST_BYTES:
                raise SourceError(
                    self._contract.feed,
                    f"{url} answered more than {_MOST_BYTES >> 20} MiB: lower the contract's "
                    "pageSize",
                )
        return bytes(content)


def asked_wait(text: str, now: datetime) -> float | None:
    """The seconds that a Retry-After asks for, itself seconds or a date; None where it is none."""
    if text.isascii() and text.strip().isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def _read_object(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _TryAgainError) and error.wait is not None:
        return error.wait
    return wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS)(state)
