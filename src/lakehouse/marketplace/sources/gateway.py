"""The payment gateway: a small REST service on 127.0.0.1 over its logs.

``GET /v1/payments?cursor=…&limit=…&updated_until=…`` answers
``{"data": […], "next_cursor": … or null, "last_cursor": …}``: at most ``limit`` (500, up to 1,000)
reports after the cursor, in the order of ``updated_at``, before ``updated_until``
(``YYYY-MM-DDThh:mm:ssZ``) when that is given. Without a cursor it starts at the beginning.
``GET /v1/exchange_rates`` answers in the same way.
``next_cursor`` is null on the last page; ``last_cursor`` says where the page ended, so that a later
call goes on there. Cursors stay valid for ever. ``GET /health`` answers ``{"status": "ok"}``.
"""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from lakehouse.errors import MarketplaceError

PAGE_ROWS, PAGE_LIMIT = 500, 1_000
_LOGS = ("payments", "exchange_rates")
_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,15})")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


class PaymentGateway:
    """The service; use as a context manager, or ``start`` and ``stop``.

    It serves ``<logs>/<name>/<date>.jsonl`` up to and including ``today`` (``YYYY-MM-DD``), which
    may be moved while it runs.
    """

    def __init__(self, logs: Path, today: str, port: int = 0) -> None:
        self.logs = logs
        self.today = today
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
        query = parse_qs(url.query)
        cursor = query.get("cursor", [""])[0] or None
        try:
            limit = int(query.get("limit", [str(PAGE_ROWS)])[0])
        except ValueError:
            self._error(400, "limit must be a whole number")
            return
        if not 1 <= limit <= PAGE_LIMIT:
            self._error(400, f"limit must lie between 1 and {PAGE_LIMIT}")
            return
        try:
            until = query.get("updated_until", [""])[0] or None
            self._answer(200, self.server.gateway.page(name, cursor, limit, until))
        except ValueError as error:
            self._error(400, str(error))

    def _error(self, status: int, message: str) -> None:
        self._answer(status, json.dumps({"error": message}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the demonstration's own progress is on the terminal."""
