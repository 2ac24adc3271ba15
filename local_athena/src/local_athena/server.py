"""One loopback port: Athena and Glue to this package, everything else to moto. Only HTTP is here.

`X-Amz-Target: AmazonAthena.*` goes to `api.AthenaApi`, `AWSGlue.*` to `catalog.glue.GlueApi` and,
for operations it does not have, to moto; the rest (S3, STS, KMS...) to moto's WSGI application in
this process, whose S3 keeps its objects in the data folder.
"""

import contextlib
import io
import json
import logging
import socket
import threading
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from local_athena.errors import ApiError, CatalogError, LocalAthenaError, PortTakenError
from local_athena.services import Services
from local_athena.settings import Settings
from local_athena.storage.folder import DataFolder

log = logging.getLogger(__name__)

MAX_JSON_BODY = 16 * 1024 * 1024
MAX_BODY = 1024 * 1024 * 1024
"""One PUT, which moto holds in memory; larger objects come in parts."""

Json = dict[str, Any]


class Endpoint:
    """A running server: `url`, `environ` for clients, `close` (or a with block) to stop it."""

    def __init__(self, settings: Settings, services: Services, server: "_Server") -> None:
        self.settings = settings
        self.host = settings.host
        self.port = server.port
        self.url = f"http://{_url_host(settings.host)}:{server.port}"
        self._services = services
        self._server = server
        self._closed = threading.Lock()
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="http", daemon=True
        )
        self._thread.start()

    @property
    def environ(self) -> dict[str, str]:
        """The variables that point an AWS client here; the keys are made up."""
        return client_environ(self.url, self.settings.region)

    def close(self) -> None:
        """Stop answering, end running queries, release the folder; harmless when repeated."""
        if not self._closed.acquire(blocking=False):
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._services.close()
        self._server.hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def client_environ(url: str, region: str) -> dict[str, str]:
    """The five variables of a client of `url`."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local-athena",
        "AWS_SECRET_ACCESS_KEY": "local-athena",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def serve(
    data: Path | str,
    port: int = 0,
    host: str = "127.0.0.1",
    settings: Settings | None = None,
    engine_factory: Callable[..., Any] | None = None,
) -> Endpoint:
    """Serve a data folder from threads of this process; port 0 takes a free one.

    `engine_factory(store, catalog, settings)` replaces the engine, for tests of the API.

    Raises:
        PortTakenError: something else listens there.
        DataFolderError: the folder is locked, not writable or not a data folder.
    """
    if settings is None:
        settings = Settings(data=Path(data).absolute(), host=host, port=port)
    listening = _listen(settings.host, settings.port)
    try:
        folder = DataFolder.open(settings.data)
    except BaseException:
        listening.close()
        raise
    try:
        services = Services(settings, folder, engine_factory)
    except BaseException:
        listening.close()
        folder.close()
        raise
    server = _Server(
        settings.host, listening.getsockname()[1], _unused, _Handler, fd=listening.fileno()
    )
    server.services = services
    listening.close()  # the server has its own descriptor of the same socket
    endpoint = Endpoint(settings, services, server)
    folder.announce(_url_host(settings.host), endpoint.port)
    services.start_loading()
    return endpoint


class _Server(ThreadedWSGIServer):
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
        super().process_request(request, client_address)

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


class _Handler(WSGIRequestHandler):
    """HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: _Server

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
        target = self.headers.get("X-Amz-Target") or ""
        service, _, operation = target.partition(".")
        ours = service in self.server.services.targets
        length = self._body_length(MAX_JSON_BODY if ours else MAX_BODY)
        if length is None:
            return
        if ours:
            self._answer_operation(service, operation, self.rfile.read(length))
        else:
            self._answer_moto(None)

    def _body_length(self, limit: int) -> int | None:
        """Bytes of the body to come, or None after refusing it."""
        text = self.headers.get("Content-Length") or "0"
        length = int(text) if text.isdigit() else -1
        if length < 0 or length > limit:
            self.close_connection = True
            status = 400 if length < 0 else 413
            error = ApiError(
                "RequestEntityTooLargeException" if status == 413 else "SerializationException",
                f"the request body has {text} bytes, the limit is {limit}",
                status,
            )
            self._send_json(status, _error_body(error), error.code)
            return None
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
            self._send_json(error.status, _error_body(error), error.code)
        except CatalogError as error:
            self._send_json(400, _error_body(ApiError(error.code, str(error))), error.code)
        except Exception as error:  # the outermost edge: never a traceback in a response
            log.exception("%s.%s failed", service, operation)
            text = str(error) if isinstance(error, LocalAthenaError) else type(error).__name__
            self._send_json(500, _error_body(ApiError(internal, text)), internal)
        else:
            self._send_json(200, answer)

    def _send_json(self, status: int, body: Json, error: str | None = None) -> None:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )
        head = [
            f"HTTP/1.1 {status} {'OK' if status < 400 else 'Error'}",
            "Content-Type: application/x-amz-json-1.1",
            f"Content-Length: {len(content)}",
            f"x-amzn-RequestId: {uuid.uuid4()}",
        ]
        if error:
            head.append(f"x-amzn-ErrorType: {error}")
        if self.close_connection:
            head.append("Connection: close")
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + content)

    def _answer_moto(self, raw: bytes | None) -> None:
        environ = self.make_environ()
        if raw is not None:
            environ["wsgi.input"] = _Body(io.BytesIO(raw), len(raw))
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
        except Exception as error:  # the outermost edge: moto raises for what it does not have
            log.exception("%s %s failed", self.command, self.path)
            self.close_connection = True
            missing = isinstance(error, NotImplementedError)
            code = "UnknownOperationException" if missing else "InternalFailure"
            text = (
                str(error)[:300] if missing else f"{type(error).__name__} in the emulated service"
            )
            failure = ApiError(code, text or "not implemented", 501 if missing else 500)
            self._send_json(failure.status, _error_body(failure), code)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
            self._drain(environ)

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
        if chunked:
            content = b"".join(body)
            head.append(f"Content-Length: {len(content)}")
            body = (content,)
        if self.close_connection:
            head.append("Connection: close")
        text = "\r\n".join([*head, "", ""]).replace("\0", "")
        self.wfile.write(text.encode("utf-8", "surrogateescape"))
        if bodyless:
            return
        for piece in body:
            self.wfile.write(piece)

    def _drain(self, environ: Json) -> None:
        """Read what moto left of the body, so that the connection can be used again."""
        if self.close_connection:
            return
        left = int(self.headers.get("Content-Length") or 0)
        source = environ.get("wsgi.input")
        taken = getattr(source, "taken", None)
        if taken is None:
            self.close_connection = True
            return
        while taken() < left:
            if not source.read(min(left - taken(), 1 << 20)):  # type: ignore[union-attr]
                break

    def make_environ(self) -> Json:
        """werkzeug's environ, with a body that counts what was read of it.

        Names of S3 user metadata keep their underscores, as moto's own handler has it.
        """
        environ = super().make_environ()
        names: dict[str, str] = {}
        for name, value in self.headers.items():
            if "_" in name and name.lower().startswith("x-amz-meta-"):
                key = f"HTTP_{name.upper().replace('-', '_')}"
                if names.setdefault(key, name) == name and key not in environ:
                    environ[key] = value
        environ["moto.preserved_header_names"] = names
        length = int(self.headers.get("Content-Length") or 0)
        if environ.get("wsgi.input") is self.rfile:
            environ["wsgi.input"] = _Body(self.rfile, length)
        return environ


class _Body:
    """A request body: ends after its length, and knows how much was read."""

    def __init__(self, source: Any, length: int) -> None:
        self._source = source
        self._left = length
        self._taken = 0

    def taken(self) -> int:
        """Bytes read so far."""
        return self._taken

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
        self._taken += len(data)
        return data


def _read_json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else {}
    except ValueError:
        raise ApiError("SerializationException", "the request body is not JSON") from None


def _error_body(error: ApiError) -> Json:
    return {
        "__type": error.code,
        "Message": error.message,
        "message": error.message,
        **error.members,
    }


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_Server.request_queue_size)
    except OSError:
        listening.close()
        raise PortTakenError(host, port) from None
    return listening


def _url_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104  (told, not chosen)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _unused(environ: Json, start_response: Callable[..., Any]) -> Iterable[bytes]:
    raise NotImplementedError("requests are answered by the handler")
