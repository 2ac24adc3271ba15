"""One loopback port: Athena and Glue to this package, everything else to moto. Only HTTP is here.

`X-Amz-Target: AmazonAthena.*` goes to `api.AthenaApi`, `AWSGlue.*` to `catalog.glue.GlueApi` and,
for operations it does not have, to moto; the rest (S3, STS, KMS...) to moto's WSGI application in
this process, whose S3 keeps its objects in the data folder.
"""

import logging
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local_athena.errors import (
    DataFolderError,
    FolderNotWritableError,
    PortTakenError,
    internal_text,
)
from local_athena.server.handler import Handler, Server
from local_athena.server.services import Services
from local_athena.settings import Settings
from local_athena.storage.folder import DataFolder

log = logging.getLogger(__name__)


class Endpoint:
    """A running server: `url`, `environ` for clients, `close` (or a with block) to stop it."""

    def __init__(self, settings: Settings, services: Services, server: Server) -> None:
        self.settings = settings
        self.host = settings.host
        self.port = server.port
        self.url = settings.url
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

    def answers(self, target: str, operation: str) -> bool:
        """Whether this package itself (not moto) answers `target.operation`."""
        return self._services.has(target, operation)

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
    *,
    imports_later: bool = False,
) -> Endpoint:
    """Serve a data folder from threads of this process; port 0 takes a free one.

    `engine_factory(store, catalog, settings)` replaces the engine, for tests of the API.
    `imports_later` is ready sooner and leaves the import of moto to a thread: for a process in
    which nobody else imports it meanwhile, as its modules import each other in circles.

    Raises:
        PortTakenError: something else listens there.
        DataFolderError: the folder is locked, not writable or not a data folder.
        EngineUnavailableError: the engine that the settings name cannot run here.
    """
    if not imports_later:
        from local_athena.storage import moto_app  # noqa: F401
    if settings is None:
        settings = Settings(data=Path(data).absolute(), host=host, port=port)
    try:
        listening = _listen(settings.host, settings.port)
    except PortTakenError:
        if settings.data.exists():  # it may be by the server of this folder, which says so itself
            DataFolder.open(settings.data).close()
        raise
    try:
        folder = DataFolder.open(settings.data)
    except BaseException:
        listening.close()
        raise
    settings = replace(settings, port=listening.getsockname()[1])
    try:
        services = Services(settings, folder, engine_factory)
    except BaseException as error:
        listening.close()
        folder.close()
        if isinstance(error, (sqlite3.Error, OSError)):
            raise _unusable(folder, error) from error
        raise
    server = Server(settings.host, settings.port, _unused, Handler, fd=listening.fileno())
    server.services = services
    listening.close()  # the server has its own descriptor of the same socket
    endpoint = Endpoint(settings, services, server)
    folder.announce(
        settings.client_host,
        settings.port,
        engine=settings.engine,
        decimal_literals=settings.decimal_literals,
    )
    if engine_factory is None and settings.engine == "trino":
        try:
            services.start_engine()
        except BaseException:
            endpoint.close()
            raise
    services.start_loading()
    return endpoint


def _unusable(folder: DataFolder, error: sqlite3.Error | OSError) -> DataFolderError:
    """What is wrong with a folder whose database cannot be opened."""
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        text = (
            f"{folder.path}/state.sqlite is damaged ({error}); restore it, or start anew with reset"
        )
        return DataFolderError(folder.path, text)
    text = f"cannot use the data folder {folder.path}: {internal_text(error, detail=True)}"
    return FolderNotWritableError(folder.path, text)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(Server.request_queue_size)
    except OSError:
        listening.close()
        raise PortTakenError(host, port) from None
    return listening


def _unused(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    raise NotImplementedError("requests are answered by the handler")
