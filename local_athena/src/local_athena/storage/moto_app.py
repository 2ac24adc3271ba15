"""moto as a WSGI application whose S3 is a data folder."""

import threading
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3 import models, responses
from moto.s3.models import s3_backends

from local_athena.settings import Settings
from local_athena.storage.database import Database
from local_athena.storage.files import FileStore
from local_athena.storage.moto_key import DiskKey
from local_athena.storage.moto_listing import list_multipart_uploads, list_objects_v2
from local_athena.storage.moto_s3 import (
    DiskBackend,
    DiskBackendDict,
    DiskBuckets,
    DiskTagging,
)
from local_athena.storage.moto_uploads import DiskMultipart
from local_athena.storage.moto_world import (
    World,
    current,
    entered,
    publish_changes,
    touched,
    write_alone,
)
from local_athena.storage.s3_rules import (
    refuse_counts,
    refuse_key,
    refuse_part,
    refuse_path,
    refuse_successor,
)

Json = dict[str, Any]
WsgiApp = Callable[[Json, Callable[..., Any]], Iterable[bytes]]

_install_lock = threading.Lock()
_dispatcher: WsgiApp | None = None


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]  # types are not read
    """moto's dispatcher, which otherwise lists its folders and tries 170 patterns each time."""

    def __init__(self, create_app: Any) -> None:
        super().__init__(create_app)
        self._known: dict[str, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service of a host name, remembered."""
        if host is None:
            return None
        found = self._known.get(host)
        if found is None:
            found = super().get_backend_for_host(host)
            if found and len(self._known) < 1000:
                self._known[host] = found
        return found


def make_app(store: FileStore, state: Database, settings: Settings) -> WsgiApp:
    """moto's application on this folder; several may live in one process."""
    dispatcher = _install()
    world = World(store, state, store.root.parent / "versions", store.root.parent / "uploads")
    for folder in (world.versions, world.uploads):
        folder.mkdir(exist_ok=True)
    _sweep_versions(world)
    world.tagger = DiskTagging(world)
    world.buckets = DiskBuckets(world, settings.account_id, settings.region)

    def app(environ: Json, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with entered(world):
            return dispatcher(environ, start_response)

    return app


def _sweep_versions(world: World) -> None:
    """Remove files of versions that were set aside when the process died, their rows unwritten."""
    known = {file for (file,) in world.state.rows("SELECT file FROM s3_versions")}
    for path in world.versions.iterdir():
        if path.name not in known:
            path.unlink(missing_ok=True)


def _install() -> WsgiApp:
    """Put our classes into moto's modules, once in a process."""
    global _dispatcher
    with _install_lock:
        if _dispatcher is None:
            s3_backends.clear()
            s3_backends.__class__ = DiskBackendDict
            s3_backends.backend = DiskBackend
            models.FakeKey = DiskKey
            models.FakeMultipart = DiskMultipart
            response = responses.S3Response
            response._get_key = _lazily(response._get_key)
            response.key_response = _saving(response.key_response)
            response.bucket_response = _saving(response.bucket_response)
            response.list_objects_v2 = list_objects_v2
            response.list_multipart_uploads = list_multipart_uploads
            response._key_response = _refusing(response._key_response)
            response._bucket_response = _refusing(response._bucket_response)
            _dispatcher = _Dispatcher(create_backend_app)
        return _dispatcher


_LOOKS = 20


def _lazily(method: Any) -> Any:
    """GetObject's look-up: its key gives the body in pieces, and only the range that is asked.

    An object that is overwritten between the look and the reading is looked up again: the answer is
    one version's headers and the same version's body.
    """

    @wraps(method)
    def get_key(self: Any, *args: Any, **kwargs: Any) -> Any:
        for _ in range(_LOOKS):
            key, not_modified = method(self, *args, **kwargs)
            if not isinstance(key, DiskKey) or key.open():
                break
        if isinstance(key, DiskKey):
            number = self._get_int_param("partNumber")
            key = (key.part(number) or key) if number else key
            key.lazy = True
        return key, not_modified

    return get_key


def _refusing(method: Any) -> Any:
    """Refuse what S3 would not take, where moto turns a refusal into an answer."""

    @wraps(method)
    def respond(self: Any, request: Any, full_url: str) -> Any:
        refuse_path(request.environ["REQUEST_URI"])
        query, key = self._get_querystring(request, full_url), self.parse_key_name()
        refuse_counts(query)
        refuse_key(key)
        name = self.parse_bucket_name_from_url(request, full_url)
        if name and key and request.method in ("PUT", "POST", "DELETE"):
            write_alone(name, key)
        if "uploadId" in query:
            bucket = current().buckets.get(name) if name else None
            refuse_part(query, key, {} if bucket is None else bucket.multiparts)
            if request.method == "POST" and bucket is not None:
                refuse_successor(request.headers.get("If-Match"), bucket.keys.get(key))
        return method(self, request, full_url)

    return respond


def _saving(method: Any) -> Any:
    """Store what a writing request changed, before it is answered."""

    @wraps(method)
    def respond(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        answer = method(self, request, *args, **kwargs)
        if request.method in ("PUT", "POST", "DELETE"):
            publish_changes()
            for key in touched():
                key.save()
            name = getattr(self, "bucket_name", None)
            if name:
                current().buckets.save(name)
        return answer

    return respond
