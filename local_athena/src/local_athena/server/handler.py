"""HTTP requests: ours answered directly, the others through moto's WSGI application."""

import contextlib
import errno
import io
import logging
import re
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from local_athena.access import refusal
from local_athena.errors import ApiError, CatalogError, LocalAthenaError, internal_text
from local_athena.failures import log_failure
from local_athena.json_reading import read_json
from local_athena.protocol.rendering import render
from local_athena.server.patience import PatientReader
from local_athena.server.services import Services

log = logging.getLogger(__name__)

MAX_JSON_BODY = 16 * 1024 * 1024
MAX_BODY = 1024 * 1024 * 1024
"""One PUT, which moto holds in memory; larger objects come in parts."""

_THREAD_TRIES = 100
_THREAD_PAUSE_SECONDS = 0.1
_NUMBER = re.compile(r"[0-9]{1,18}")

Json = dict[str, Any]


class Server(ThreadedWSGIServer):
    """One thread per connection; requests find the services here."""

    services: Services
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (as inherited)
        """Keep werkzeug's own lines out of the way."""
        log.debug(message, *args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection while its thread serves it."""
        with self._open_lock:
            self._open.add(request)
        for _ in range(_THREAD_TRIES):
            try:
                super().process_request(request, client_address)
                break
            except (RuntimeError, MemoryError):  # no thread: a query holds all memory just now
                time.sleep(_THREAD_PAUSE_SECONDS)
        else:
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all connections, idle ones too."""
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: Server
    _head_sent = False

    def setup(self) -> None:
        """Read with patience, though not for ever."""
        super().setup()
        self.rfile.close()
        self._reader = PatientReader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        """Wait for a request and answer it."""
        self._reader.expect_request()
        super().handle_one_request()

    def run_wsgi(self) -> None:
        """Answer one request: our own services directly, moto through WSGI."""
        try:
            self._answer()
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        finally:
            try:
                self.wfile.flush()
            except OSError:
                self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Say nothing yet: the body's length is checked first."""
        return True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (as inherited)
        """Malformed requests are the client's business."""
        log.debug(message, *args)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are not worth a line each."""

    def _answer(self) -> None:
        why = refusal(self.headers, self.server.services.settings.hosts)
        if why is None and self.path.startswith("/moto-api"):
            why = "moto's own controls are not answered: they would forget or write elsewhere"
        if why is not None:
            self.close_connection = True
            self._refuse(ApiError("AccessDenied", why, 403))
            return
        target = self.headers.get("X-Amz-Target") or ""
        service, _, operation = target.partition(".")
        ours = service in self.server.services.targets
        length = self._body_length(MAX_JSON_BODY if ours else MAX_BODY)
        if length is None:
            return
        if ours:
            raw = self.rfile.read(length)
            if len(raw) < length:
                self.close_connection = True  # the client went away in the middle
                return
            self._answer_operation(service, operation, raw)
        else:
            self._answer_moto(None)

    def _body_length(self, limit: int) -> int | None:
        """Bytes of the body to come, or None after refusing it."""
        text = (self.headers.get("Content-Length") or "0").strip()
        length = int(text) if _NUMBER.fullmatch(text) else -1
        if "Transfer-Encoding" in self.headers and (limit == MAX_JSON_BODY or length):
            length, text = -1, "no single length"
        if length < 0 or length > limit:
            self.close_connection = True
            status = 400 if length < 0 else 413
            error = ApiError(
                "EntityTooLarge" if status == 413 else "SerializationException",
                f"the request body has {text[:40]} bytes, the limit is {limit}",
                status,
            )
            self._refuse(error)
            return None
        self._reader.expect_body(limit if "Transfer-Encoding" in self.headers else length)
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        return length

    def _answer_operation(self, service: str, operation: str, raw: bytes) -> None:
        services = self.server.services
        handle, internal = services.targets[service]
        try:
            body = _read_json(raw)
            if not services.is_ours(service, operation, body):
                return self._answer_moto(raw)
            answer = handle(operation, body)
        except ApiError as error:
            self._send_json(error.status, _error_body(error))
        except CatalogError as error:
            self._send_json(400, _error_body(ApiError(error.code, str(error))))
        except Exception as error:  # noqa: BLE001  (the outermost edge: never a traceback in a response)
            log_failure(log, error, "%s.%s failed", service, operation)
            self._send_json(500, _error_body(ApiError(internal, internal_text(error))))
        else:
            self._send_json(200, answer)

    def _refuse(self, error: ApiError) -> None:
        """An error before or around moto: JSON for services with a target, XML for the others."""
        if self.headers.get("X-Amz-Target"):
            self._send_json(error.status, _error_body(error))
            return
        body = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        body = f"<Error>{body}</Error>"
        if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            body = f"<ErrorResponse>{body}</ErrorResponse>"  # the query protocol: STS, IAM, SNS...
        content = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()
        self._send(error.status, "application/xml", content, error.code)

    def _send_json(self, status: int, body: Json) -> None:
        """An answer of the JSON protocol: an error's name is `__type` in its body, in no header."""
        self._send(status, "application/x-amz-json-1.1", render(body), None)

    def _send(self, status: int, kind: str, content: bytes, error: str | None) -> None:
        head = [
            f"HTTP/1.1 {status} {'OK' if status < 400 else 'Error'}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(content)}",
            f"x-amzn-RequestId: {uuid.uuid4()}",
            f"Date: {formatdate(usegmt=True)}",
        ]
        if error:
            head.append(f"x-amzn-ErrorType: {error}")
        if self.close_connection:
            head.append("Connection: close")
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + content)

    def _answer_moto(self, raw: bytes | None) -> None:
        environ = self.make_environ()
        self._head_sent = False
        left = None
        if raw is not None:
            environ["wsgi.input"] = _Body(io.BytesIO(raw), len(raw))
        elif environ["wsgi.input"] is self.rfile:
            environ["wsgi.input"] = left = _Body(
                self.rfile, int(self.headers.get("Content-Length") or 0)
            )
        else:
            self.close_connection = True  # a chunked body: where it ends is not known here
            environ["wsgi.input"] = _Chunks(environ["wsgi.input"])
        app = self.server.services.moto()
        sent: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], info: Any = None) -> Any:
            sent[:] = [status, headers]
            return self.wfile.write

        body: Iterable[bytes] = ()
        try:
            body = app(environ, start_response)
            self._send_wsgi(sent[0], sent[1], body)
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001  (the outermost edge: moto raises)
            log_failure(log, error, "%s %s failed", self.command, self.path)
            self.close_connection = True
            if not self._head_sent:  # else only the end of the connection can say so
                self._refuse(_moto_failure(error))
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
            if left is not None and not self.close_connection:
                left.drain()

    def _send_wsgi(
        self, status: str, headers: list[tuple[str, str]], body: Iterable[bytes]
    ) -> None:
        names = {name.lower() for name, _ in headers}
        bodyless = self.command == "HEAD" or status[:3] in ("204", "304")
        chunked = "content-length" not in names and not bodyless
        head = [f"HTTP/1.1 {status}"]
        head.extend(
            f"{name}: {value}"
            for name, value in headers
            if name.lower() not in ("connection", "transfer-encoding")
            and not (status[:3] == "204" and name.lower() == "content-length")
        )
        if "x-amzn-requestid" not in names:
            head.append(f"x-amzn-RequestId: {uuid.uuid4()}")
        if "date" not in names:
            head.append(f"Date: {formatdate(usegmt=True)}")
        if chunked:
            content = b"".join(body)
            head.append(f"Content-Length: {len(content)}")
            body = (content,)
        if self.close_connection:
            head.append("Connection: close")
        text = "\r\n".join([*head, "", ""]).replace("\0", "")
        self._head_sent = True
        self.wfile.write(text.encode("utf-8", "surrogateescape"))
        if bodyless:
            return
        for piece in body:
            self.wfile.write(piece)

    def make_environ(self) -> Json:
        """werkzeug's environ; names of S3 user metadata keep their underscores, as with moto."""
        environ = super().make_environ()
        names: dict[str, str] = {}
        for name, value in self.headers.items():
            if "_" in name and name.lower().startswith("x-amz-meta-"):
                key = f"HTTP_{name.upper().replace('-', '_')}"
                if names.setdefault(key, name) == name and key not in environ:
                    environ[key] = value
        environ["moto.preserved_header_names"] = names
        return environ


class _Body:
    """A request body that ends after its length."""

    def __init__(self, source: Any, length: int) -> None:
        self._source = source
        self._left = length

    def drain(self) -> None:
        """Read what is left, so that the connection can be used again."""
        while self.read(1 << 20):
            pass

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes; all that is left without a size."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        return self._count(self._source.read(wanted) if wanted else b"")

    def readline(self, size: int | None = -1) -> bytes:
        """One line."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        return self._count(self._source.readline(wanted) if wanted else b"")

    def readlines(self, hint: int = -1) -> list[bytes]:
        """All lines that are left."""
        return list(self)

    def __iter__(self) -> "_Body":
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def _count(self, data: bytes) -> bytes:
        self._left -= len(data)
        return data


class _Chunks:
    """A body without a length, which may not be longer than others."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._left = MAX_BODY

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes.

        Raises:
            ApiError: EntityTooLarge.
        """
        return self._count(self._source.read(*(() if size is None or size < 0 else (size,))))

    def readline(self, size: int | None = -1) -> bytes:
        """One line."""
        return self._count(self._source.readline(*(() if size is None or size < 0 else (size,))))

    def _count(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            text = f"the request body is longer than {MAX_BODY} bytes"
            raise ApiError("EntityTooLarge", text, 413)
        return data


def _moto_failure(error: Exception) -> ApiError:
    """What to answer when moto raised instead of answering.

    A disk or database that fails is the server's fault. Else the request is one that moto has no
    code for, or that its code trips over: nothing was done, and asking again does not help.
    """
    if isinstance(error, ApiError):
        return error
    # An import fails where the service needs a package of its own, as CloudFormation does.
    if isinstance(error, NotImplementedError | ImportError):
        return ApiError("UnknownOperationException", str(error)[:300] or "not implemented")
    if isinstance(error, LocalAthenaError):
        return ApiError("InvalidRequest", str(error))
    of_name = getattr(error, "errno", None) in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)
    if isinstance(error, (OSError, sqlite3.Error, MemoryError)) and not of_name:
        return ApiError("InternalFailure", internal_text(error), 500)
    return ApiError("InvalidRequest", f"the request is not understood ({type(error).__name__})")


def _read_json(raw: bytes) -> Any:
    try:
        return read_json(raw.decode("utf-8"))
    except ValueError:
        raise ApiError("SerializationException", "the request body is not JSON") from None


def _error_body(error: ApiError) -> Json:
    return {
        "__type": error.code,
        "Message": error.message,
        **error.members,
    }
