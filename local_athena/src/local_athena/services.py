"""What answers requests: the Athena API, Glue, and moto, put together over one data folder."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from local_athena.settings import Settings
from local_athena.storage.database import Database
from local_athena.storage.files import FileStore
from local_athena.storage.folder import DataFolder

Json = dict[str, Any]
Operation = Callable[[str, Any], Json]
WsgiApp = Callable[[Json, Callable[..., Any]], Iterable[bytes]]


class Services:
    """What answers requests: the Athena API, Glue, and moto, over one data folder."""

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        engine_factory: Callable[..., Any] | None = None,
    ) -> None:
        from local_athena.api.athena import AthenaApi
        from local_athena.catalog.glue import GlueApi
        from local_athena.catalog.records import Records
        from local_athena.catalog.store import SqliteCatalog

        if engine_factory is None:
            from local_athena.engine import Engine

            engine_factory = Engine
        path = folder.path / "state.sqlite"
        self._folder = folder
        self._settings = settings
        self._durable = Database(path, durable=True)
        self._history = Database(path, durable=False)
        self._objects = Database(path, durable=False)
        self._store = FileStore(folder.path / "s3", folder.path / "tmp")
        records = Records(self._durable)
        catalog = SqliteCatalog(records)
        engine = engine_factory(self._store, catalog, settings)
        self._athena = AthenaApi(settings, self._store, catalog, engine, self._history)
        self._glue = GlueApi(records, settings)
        self._moto: WsgiApp | None = None
        self._moto_lock = threading.Lock()
        self.targets: dict[str, tuple[Operation, str]] = {
            "AmazonAthena": (self._athena.handle, "InternalServerException"),
            "AWSGlue": (self._glue.handle, "InternalServiceException"),
        }

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

                self._moto = make_app(self._store, self._objects, self._settings)
            return self._moto

    def close(self) -> None:
        """End queries, close the databases, release the folder."""
        self._athena.close()
        for database in (self._durable, self._history, self._objects):
            database.close()
        self._folder.close()
