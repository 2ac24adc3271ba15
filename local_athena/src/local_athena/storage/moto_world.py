"""What moto's S3 needs of one data folder, and which folder the current request is about.

moto keeps its S3 in globals of the process; `World` is the part that differs between endpoints.
The handler of a request enters its world (`entered`), moto's patched classes ask `current()`.
"""

import io
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_athena.storage.database import Database
from local_athena.storage.files import FileStore

if TYPE_CHECKING:
    from local_athena.storage.moto_s3 import DiskBuckets, DiskTagging

_PIECE = 256 * 1024
_local = threading.local()


class KeyLocks:
    """One writing request at a time for each key: what it finds there must still be there when it
    stores, or a condition (If-Match, If-None-Match) would hold for two of them."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[tuple[str, str], tuple[threading.Lock, int]] = {}

    def acquire(self, place: tuple[str, str]) -> None:
        """Wait until no other request writes this bucket's key."""
        with self._guard:
            lock, users = self._locks.get(place, (threading.Lock(), 0))
            self._locks[place] = lock, users + 1
        lock.acquire()

    def release(self, place: tuple[str, str]) -> None:
        """Let the next one write."""
        with self._guard:
            lock, users = self._locks.pop(place)
            if users > 1:
                self._locks[place] = lock, users - 1
        lock.release()


@dataclass
class World:
    """One endpoint's S3: files, SQLite rows, and the objects that moto looks at."""

    store: FileStore
    state: Database
    versions: Path
    uploads: Path
    lock: threading.RLock = field(default_factory=threading.RLock)
    writers: KeyLocks = field(default_factory=KeyLocks)
    bucket_accounts: dict[str, tuple[str, str]] = field(default_factory=dict)
    buckets: "DiskBuckets" = field(init=False)
    tagger: "DiskTagging" = field(init=False)
    stamp: int = 0

    def next_stamp(self) -> int:
        """Now in nanoseconds, later than every stamp before; call it under `lock`."""
        self.stamp = max(time.time_ns(), self.stamp + 1)
        return self.stamp


@contextmanager
def entered(world: World) -> Iterator[None]:
    """Let moto work on this world, on this thread."""
    names = ("world", "touched", "changes", "held")
    before = tuple(getattr(_local, name, None) for name in names)
    _local.world, _local.touched, _local.changes, _local.held = world, [], {}, []
    try:
        yield
        publish_changes()
    finally:
        for change in _local.changes.values():  # of a request that failed
            for version in change.versions:
                if getattr(version, "pending", False):
                    version.dispose()
        for place in _local.held:
            world.writers.release(place)
        _local.world, _local.touched, _local.changes, _local.held = before


def current() -> World:
    """The world of the request that this thread answers."""
    world: World | None = getattr(_local, "world", None)
    if world is None:
        raise RuntimeError("moto's S3 is used outside of a request")
    return world


def write_alone(bucket: str, key: str) -> None:
    """Keep other requests from writing a key until this one has stored what it changes."""
    place = bucket, key
    if place not in _local.held:
        current().writers.acquire(place)
        _local.held.append(place)


def touched() -> list[Any]:
    """Keys that this request made or loaded: they are saved at its end if they changed."""
    found: list[Any] = _local.touched
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """New versions of a key, to be stored when the request ends: it knew the version ids `known`
    and makes `versions` of them."""

    known: set[str]
    versions: list[Any]
    apply: Callable[[], object]


def changes() -> dict[tuple[str, str], Change]:
    """What this request has changed and not stored yet, by bucket and key."""
    found: dict[tuple[str, str], Change] = _local.changes
    return found


def publish_changes() -> None:
    """Store what this request has changed, its objects with all their metadata."""
    waiting = changes()
    while waiting:
        place, change = next(iter(waiting.items()))
        change.apply()
        del waiting[place]


class OpenFile:
    """A file that stays what it was when it was opened, whatever is put in its place; it is closed
    with the last reference to it."""

    def __init__(self, path: Path) -> None:
        self._descriptor = -1
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        stat = os.fstat(self._descriptor)
        self.stamp = stat.st_size, stat.st_mtime_ns

    def read(self, size: int, offset: int) -> bytes:
        """At most `size` bytes from `offset` on."""
        return os.pread(self._descriptor, size, offset)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class FileSlice:
    """Part of a file as a body: knows its length, can be sliced, is read in pieces.

    With `opened` it is read from there, whatever lies at `path` by then.
    """

    def __init__(self, path: Path, start: int, size: int, opened: OpenFile | None = None) -> None:
        self.path = path
        self.start = start
        self.size = size
        self._opened = opened

    def __len__(self) -> int:
        return self.size

    def __bool__(self) -> bool:
        return self.size > 0

    def __getitem__(self, part: slice) -> "FileSlice":
        start, stop, _ = part.indices(self.size)
        return FileSlice(self.path, self.start + start, max(0, stop - start), self._opened)

    def __iter__(self) -> Iterator[bytes]:
        opened = self._opened or OpenFile(self.path)
        offset, left = self.start, self.size
        while left > 0:
            piece = opened.read(min(left, _PIECE), offset)
            if not piece:
                return
            offset += len(piece)
            left -= len(piece)
            yield piece

    def __bytes__(self) -> bytes:
        return b"".join(self)


class _SafeUnpickler(pickle.Unpickler):
    """Reads moto's plain S3 objects and dates, nothing that could run code."""

    _BUILTINS = frozenset({"set", "frozenset", "bytearray"})

    def find_class(self, module: str, name: str) -> Any:
        plain = (
            module in ("moto.s3.models", "moto.s3.utils", "moto.utilities.utils")
            or (module == "datetime" and name in ("datetime", "timedelta", "timezone", "date"))
            or (module == "collections" and name == "OrderedDict")
            or (module == "local_athena.storage.moto_key" and name == "CompletedMultipart")
            or (module == "builtins" and name in self._BUILTINS)
        )
        found = super().find_class(module, name) if plain else None
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} has no place in S3's metadata")
        return found


def pack(state: dict[str, Any]) -> bytes:
    """Metadata of a bucket or key as a blob."""
    return pickle.dumps(state, protocol=4)


def unpack(blob: bytes) -> dict[str, Any]:
    """The opposite of `pack`."""
    found: dict[str, Any] = _SafeUnpickler(io.BytesIO(blob)).load()
    return found
