"""What answers requests: the Athena API, Glue, and moto, put together over one data folder."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from local_athena.api.athena import AthenaApi
from local_athena.catalog import Catalog
from local_athena.catalog.glue import GlueApi
from local_athena.catalog.records import Records
from local_athena.catalog.store import SqliteCatalog
from local_athena.engine.contract import (
    EngineProtocol,
    QueryControl,
    QueryOutcome,
    QueryRequest,
)
from local_athena.settings import LOADING_THREAD, Settings
from local_athena.storage.database import Database
from local_athena.storage.files import FileStore
from local_athena.storage.folder import DataFolder
from local_athena.storage.loose import LooseFiles

Json = dict[str, Any]
Operation = Callable[[str, Any], Json]
WsgiApp = Callable[[Json, Callable[..., Any]], Iterable[bytes]]


def _engine(store: FileStore, catalog: Catalog, settings: Settings) -> EngineProtocol:
    """The engine that the settings name; a Trino is running when this returns.

    Raises:
        EngineUnavailableError: it cannot run here.
    """
    if settings.engine == "trino":
        from local_athena.engine.trino import TrinoEngine

        engine = TrinoEngine(store, catalog, settings)
        engine.start()
        return engine
    from local_athena.engine import Engine

    return Engine(store, catalog, settings)


class LaterEngine:
    """The engine, imported by `load` on another thread; the first query waits until it is there."""

    def __init__(self, store: FileStore, catalog: Catalog, settings: Settings) -> None:
        self._arguments = store, catalog, settings
        self._settings = settings
        self._lock = threading.Lock()
        self._engine: EngineProtocol | None = None
        self._closed = False

    def load(self) -> EngineProtocol:
        """The engine itself."""
        with self._lock:
            if self._engine is None:
                self._engine = _engine(*self._arguments)
                if self._closed:
                    self._engine.close()
            return self._engine

    def refusal(self, sql: str) -> str | None:
        """Why no execution is made of a text; does not wait for the engine."""
        if self._settings.engine == "trino":
            return None
        from local_athena.engine.syntax import refusal

        return refusal(sql)

    def execute(self, request: QueryRequest, control: QueryControl) -> QueryOutcome:
        """Run one statement."""
        return self.load().execute(request, control)

    def close(self) -> None:
        """Close the engine if it was loaded; one that is still loading is closed when it is."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            try:
                if self._engine is not None:
                    self._engine.close()
            finally:
                self._lock.release()


class Services:
    """What answers requests: the Athena API, Glue, and moto, over one data folder."""

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        engine_factory: Callable[..., Any] | None = None,
    ) -> None:
        path = folder.path / "state.sqlite"
        self._folder = folder
        self.settings = settings
        self._durable = Database(path, durable=True)
        self._history = Database(path, durable=False)
        self._objects = Database(path, durable=False)
        loose = LooseFiles(self._objects, self._durable)
        self._store = FileStore(folder.path / "s3", folder.path / "tmp", loose)
        loose.sweep(self._store.delete)
        records = Records(self._durable)
        if not records.databases():  # every account that uses Athena has it; clients count on it
            records.create_database({"Name": "default"})
        catalog = SqliteCatalog(records)
        self._loading: threading.Thread | None = None
        self._later: LaterEngine | None = None
        engine: EngineProtocol
        if engine_factory is None:
            later = LaterEngine(self._store, catalog, settings)
            self._loading = threading.Thread(
                target=self._load, args=(later,), name=LOADING_THREAD, daemon=True
            )
            engine = self._later = later
        else:
            engine = engine_factory(self._store, catalog, settings)
        self._athena = AthenaApi(settings, self._store, catalog, engine, self._history)
        self._glue = GlueApi(records, settings)
        self._moto: WsgiApp | None = None
        self._closing = threading.Event()
        self._moto_lock = threading.Lock()
        self.targets: dict[str, tuple[Operation, str]] = {
            "AmazonAthena": (self._athena.handle, "InternalServerException"),
            "AWSGlue": (self._glue.handle, "InternalServiceException"),
        }

    def has(self, service: str, operation: str) -> bool:
        """Whether an operation is implemented here."""
        if service == "AWSGlue":
            return self._glue.has(operation)
        return service == "AmazonAthena" and self._athena.has(operation)

    def is_ours(self, service: str, operation: str, body: Any) -> bool:
        """Whether a request is answered here rather than by moto."""
        if service == "AWSGlue":
            return self._glue.has(operation) and self._glue.takes(operation, body)
        return service in self.targets

    def moto(self) -> WsgiApp:
        """moto's application on this folder's objects; loaded when first needed."""
        with self._moto_lock:
            if self._moto is None:
                from local_athena.storage.moto_app import make_app

                self._moto = make_app(self._store, self._objects, self.settings)
            return self._moto

    def start_loading(self) -> None:
        """Import the engine and moto behind the scenes: the first request waits for its part."""
        if self._loading is not None:
            self._loading.start()

    def start_engine(self) -> None:
        """Load the engine now.

        Raises:
            EngineUnavailableError: it cannot run here.
        """
        if self._later is not None:
            self._later.load()

    def _load(self, engine: "LaterEngine") -> None:
        engine.load()
        if not self._closing.is_set():
            self.moto()

    def close(self) -> None:
        """End queries, close the databases, release the folder."""
        self._closing.set()
        if self._loading is not None and self._loading.is_alive():
            self._loading.join()
        self._athena.close()
        for database in (self._durable, self._history, self._objects):
            database.close()
        self._folder.close()
