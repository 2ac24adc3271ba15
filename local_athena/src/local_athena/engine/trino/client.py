"""Trino's client protocol: a statement goes in by POST, its answer comes in pages.

Source: Trino's documentation, "Client protocol" and "Client REST API" (read 2026-11).
"""

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from local_athena.errors import EngineUnavailableError

_TIMEOUT_SECONDS = 600
_PREPARED = "statement"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Session:
    """What names and functions of a statement see."""

    user: str
    catalog: str
    schema: str | None
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """Why a statement failed: Trino's name of it, its kind (USER_ERROR…), message and place."""

    name: str
    kind: str
    message: str
    line: int | None = None
    column: int | None = None

    def record(self) -> Json:
        """As the golden files keep it; `kind` is their `type`."""
        found: Json = {"name": self.name, "type": self.kind, "message": self.message}
        if self.line is not None:
            found.update(line=self.line, column=self.column)
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """A part of an answer. `columns` are (name, type text), None while they are not known.

    `rows` are the protocol's JSON values. `update_count` is None for statements that change
    nothing. `physical_bytes` is what was read so far.
    """

    query_id: str
    columns: tuple[tuple[str, str], ...] | None
    rows: list[list[Any]]
    update_type: str | None
    update_count: int | None
    error: ErrorAnswer | None
    physical_bytes: int
    planning_ms: int
    next_uri: str | None


class TrinoClient:
    """Speaks with one server; one connection for each statement."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "127.0.0.1", address.port

    def run(self, sql: str, session: Session, arguments: tuple[str, ...] = ()) -> Iterator[Page]:
        """Run a statement; `arguments` are the SQL texts for its `?`.

        Leaving the iteration before its end cancels the statement.

        Raises:
            EngineUnavailableError: the server does not answer.
        """
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "X-Trino-User": session.user,
            "X-Trino-Source": "local-athena",
            "X-Trino-Catalog": session.catalog,
            "X-Trino-Time-Zone": "UTC",
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }
        if session.schema:
            headers["X-Trino-Schema"] = session.schema
        if session.properties:
            pairs = (f"{name}={quote(value)}" for name, value in session.properties.items())
            headers["X-Trino-Session"] = ",".join(pairs)
        if arguments:
            headers["X-Trino-Prepared-Statement"] = f"{_PREPARED}={quote(sql)}"
            sql = f"EXECUTE {_PREPARED} USING {', '.join(arguments)}"
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        next_uri: str | None = None
        try:
            page = _page(self._call(connection, "POST", "/v1/statement", sql.encode(), headers))
            while True:
                next_uri = page.next_uri
                yield page
                if next_uri is None:
                    return
                page = _page(self._call(connection, "GET", _path(next_uri)))
        finally:
            if next_uri is not None:
                self._cancel(_path(next_uri))
            connection.close()

    def _call(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise EngineUnavailableError(f"Trino does not answer: {error}") from error
        if response.status != 200:
            shown = text.decode("utf-8", "replace").strip()[:300]
            raise EngineUnavailableError(f"Trino answered {response.status}: {shown}")
        answer: Json = json.loads(text)
        return answer

    def _cancel(self, path: str) -> None:
        """Stop a statement by its next page; the server may have forgotten it already."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=10)
        try:
            connection.request("DELETE", path)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


def _path(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _page(answer: Json) -> Page:
    columns = answer.get("columns")
    stats = answer.get("stats", {})
    return Page(
        query_id=answer["id"],
        columns=tuple((c["name"], c["type"]) for c in columns) if columns is not None else None,
        rows=answer.get("data") or [],
        update_type=answer.get("updateType"),
        update_count=answer.get("updateCount"),
        error=_error(answer["error"]) if "error" in answer else None,
        physical_bytes=stats.get("physicalInputBytes", 0),
        planning_ms=stats.get("planningTimeMillis", 0),
        next_uri=answer.get("nextUri"),
    )


def _error(error: Json) -> ErrorAnswer:
    place = error.get("errorLocation") or {}
    return ErrorAnswer(
        error["errorName"],
        error["errorType"],
        error.get("message") or error["errorName"],
        place.get("lineNumber"),
        place.get("columnNumber"),
    )
