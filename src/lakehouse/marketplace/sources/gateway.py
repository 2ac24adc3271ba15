"""The payment gateway: a small REST service on 127.0.0.1 over its logs.

``GET /v1/payments?cursor=…&limit=…&updated_until=…`` answers
``{"data": […], "next_cursor": … or null, "last_cursor": …}``: at most ``limit`` (500, up to 1,000)
reports after the cursor, in the order of ``updated_at``, before ``updated_until``
(``YYYY-MM-DDThh:mm:ssZ``) when that is given. Without a cursor it starts at the beginning.
``GET /v1/exchange_rates`` answers in the same way.
``next_cursor`` is null on the last page; ``last_cursor`` says where the page ended, so that a later
call goes on there. Cursors stay valid for ever. ``GET /health`` answers ``{"status": "ok"}``.

All but that wants a token (``Authorization: Bearer …``), which ``POST /oauth/token`` gives to the
client for a while (OAuth2 client credentials); else the answer is 401.
"""

import datetime as dt
import json
import re
import threading
from collections.abc import Sequence
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from lakehouse.errors import MarketplaceError
from lakehouse.marketplace.sources.gateway_faults import Fault, FaultPlan
from lakehouse.marketplace.sources.gateway_login import TokenOffice
from lakehouse.oauth_client import ClientCredentials

PAGE_ROWS, PAGE_LIMIT = 500, 1_000
TOKEN_SECONDS = 300.0
_TOKEN_PATH = "/oauth/token"  # noqa: S105  (an address)
_LOGS = ("payments", "exchange_rates")
_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,15})")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


class PaymentGateway:
    """The service; use as a context manager, or ``start`` and ``stop``.

    It serves ``<logs>/<name>/<date>.jsonl`` up to and including ``today`` (``YYYY-MM-DD``), which
    may be moved while it runs. ``faults`` go wrong, each at its call.
    """

    def __init__(
        self,
        logs: Path,
        today: str,
        port: int = 0,
        *,
        faults: Sequence[Fault] = (),
        token_seconds: float = TOKEN_SECONDS,
    ) -> None:
        self.logs = logs
        self.today = today
        self.faults = FaultPlan(faults)
        self.office = TokenOffice(token_seconds)
        self.stopping = threading.Event()
        try:
            self._server = _Server(("127.0.0.1", port), self)
        except OSError as error:
            raise MarketplaceError(
                f"the payment service cannot listen on 127.0.0.1:{port}: {error.strerror}; choose "
                "another port, or 0 for a free one"
            ) from error
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def credentials(self) -> ClientCredentials:
        """What a client needs to get a token."""
        return ClientCredentials(
            self.url + _TOKEN_PATH, self.office.client_id, self.office.client_secret
        )

    def start(self) -> Self:
        """Answer requests in a thread of this process."""
        self._thread = Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="payment-gateway",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and free the port; more than once does no harm."""
        self.stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def page(self, name: str, cursor: str | None, limit: int, until: str | None = None) -> bytes:
        """The body of one page of a log; raises ValueError for what is no cursor or no instant."""
        if until is not None and not _INSTANT.fullmatch(until):
            raise ValueError(f"updated_until must look like 2026-06-02T03:00:00Z, not {until!r}")
        log = self.logs / name
        days = sorted(path.stem for path in log.glob("*.jsonl") if path.stem <= self.today)
        date, offset = _parse(cursor) if cursor else (days[0] if days else self.today, 0)
        lines: list[bytes] = []
        more = False
        for day in [day for day in days if day >= date]:
            if day != date:
                date, offset = day, 0
            found, offset, more = _read(log / f"{day}.jsonl", offset, limit - len(lines), until)
            lines += found
            if more:
                break
        here = f"{date}.{offset}"
        tail = json.dumps({"next_cursor": here if more else None, "last_cursor": here})
        return b'{"data":[' + b",".join(lines) + b"]," + tail[1:].encode()


def _read(path: Path, offset: int, limit: int, until: str | None) -> tuple[list[bytes], int, bool]:
    """Lines from the offset: at most ``limit``, before ``until``; the offset after them; whether
    there is one more that may be read."""
    lines: list[bytes] = []
    with path.open("rb") as file:
        file.seek(offset)
        while line := file.readline():
            if until is not None and line.rstrip()[-22:-2].decode() >= until:
                return lines, offset, False
            if len(lines) == limit:
                return lines, offset, True
            lines.append(line.rstrip(b"\n"))
            offset = file.tell()
    return lines, offset, False


def _parse(cursor: str) -> tuple[str, int]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise ValueError(f"unknown cursor {cursor!r}")
    return match[1], int(match[2])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], gateway: PaymentGateway) -> None:
        self.gateway = gateway
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path = urlsplit(self.path).path
        if path != _TOKEN_PATH:
            self._error(404, f"there is only {_TOKEN_PATH}")
            return
        answer = self.server.gateway.office.issue(self.headers.get("Authorization", ""), form)
        self._answer_or_fail(self.server.gateway.faults.take(path), *answer)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/health":
            self._answer(200, b'{"status":"ok"}')
            return
        name = url.path.removeprefix("/v1/")
        if name not in _LOGS:
            known = ", ".join(f"/v1/{log}" for log in _LOGS)
            self._error(404, f"there is only {known} and /health")
            return
        fault = self.server.gateway.faults.take(url.path)
        if fault is not None and fault.fault == "expired_token":
            self.server.gateway.office.expire_all()
        if not self.server.gateway.office.knows(self.headers.get("Authorization", "")):
            self._error(401, f"a token is wanted, or another one: POST {_TOKEN_PATH}")
            return
        self._answer_or_fail(fault, *self._page(name, parse_qs(url.query)))

    def _page(self, name: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        """Status and body."""
        cursor = query.get("cursor", [""])[0] or None
        try:
            limit = int(query.get("limit", [str(PAGE_ROWS)])[0])
        except ValueError:
            return 400, _as_error("limit must be a whole number")
        if not 1 <= limit <= PAGE_LIMIT:
            return 400, _as_error(f"limit must lie between 1 and {PAGE_LIMIT}")
        try:
            until = query.get("updated_until", [""])[0] or None
            return 200, self.server.gateway.page(name, cursor, limit, until)
        except ValueError as error:
            return 400, _as_error(str(error))

    def _answer_or_fail(self, fault: Fault | None, status: int, body: bytes) -> None:
        """Send the answer, or what the fault makes of it."""
        if fault is None:
            self._answer(status, body)
            return
        match fault.fault:
            case "status":
                self._answer(fault.status, _as_error("injected"), headers=_asked_pause(fault))
            case "stall":
                self.server.gateway.stopping.wait(fault.seconds)
                self.close_connection = True
            case "html":
                page = b"<!doctype html><title>Maintenance</title><p>Back soon."
                self._answer(200, page, kind="text/html; charset=utf-8")
            case "truncated":
                self._answer(status, body[: len(body) // 2], length=len(body))
                self.close_connection = True
            case "short_length":
                self._answer(status, body, length=len(body) - 10)
            case "cut_json":
                self._answer(status, body[: len(body) // 2])
            case "same_cursor":
                asked = parse_qs(urlsplit(self.path).query).get("cursor", ["2000-01-01.0"])[0]
                self._answer(status, _lead_to(body, asked))
            case "endless":
                self._answer(200, _lead_to(b'{"data":[]}', f"2000-01-01.{self._count_up()}"))
            case _:
                self._answer(status, body)

    def _count_up(self) -> int:
        asked = parse_qs(urlsplit(self.path).query).get("cursor", ["2000-01-01.0"])[0]
        return int(asked.rpartition(".")[2]) + 1

    def _error(self, status: int, message: str) -> None:
        self._answer(status, _as_error(message))

    def _answer(
        self,
        status: int,
        body: bytes,
        *,
        kind: str = "application/json; charset=utf-8",
        length: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the demonstration's own progress is on the terminal."""


def _as_error(message: str) -> bytes:
    return json.dumps({"error": message}).encode()


def _lead_to(body: bytes, cursor: str) -> bytes:
    """The page with another one after it."""
    return json.dumps({**json.loads(body), "next_cursor": cursor, "last_cursor": cursor}).encode()


def _asked_pause(fault: Fault) -> tuple[tuple[str, str], ...]:
    if fault.retry_at is not None:
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=fault.retry_at)
        return (("Retry-After", format_datetime(at, usegmt=True)),)
    if fault.retry_after is not None:
        return (("Retry-After", f"{fault.retry_after:g}"),)
    return ()
