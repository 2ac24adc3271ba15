"""One S3 key of moto whose bytes are a file.

A current object is the plain file of its key. Metadata (ETag, user metadata, ACL...) is a row that
counts only while size and modification time of the file are the same: a file that the engine
wrote has moto's defaults, and an ETag of the form that S3 gives multipart uploads, so nothing is
ever hashed to list or read it.
"""

import copy
import hashlib
import os
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.s3.models import FakeKey
from moto.utilities.utils import LowercaseDict

from local_athena.storage.moto_world import (
    FileSlice,
    OpenFile,
    World,
    current,
    pack,
    touched,
    unpack,
)

_VOLATILE = frozenset(
    {
        "name", "bucket_name", "account_id", "region_name", "partition", "lock", "disposed",
        "contentsize", "last_modified", "world", "path", "pending", "lazy", "window", "packed",
        "stamp", "opened", "_tick", "_time_progressed",
        "_value_buffer", "_max_buffer_size", "is_latest",
    }
)  # fmt: skip


class CompletedMultipart:
    """What is kept of a multipart upload: its id, and where its parts begin and end."""

    def __init__(self, upload_id: str, sizes: list[tuple[int, int]]) -> None:
        self.id = upload_id
        self.sizes = sizes

    @property
    def partlist(self) -> list[int]:
        """Part numbers."""
        return [number for number, _ in self.sizes]

    def window(self, part_number: int) -> tuple[int, int] | None:
        """(offset, size) of a part, None if there is no such part."""
        offset = 0
        for number, size in self.sizes:
            if number == part_number:
                return offset, size
            offset += size
        return None

    def dispose(self) -> None:
        """Nothing is held."""


class _Untracked(list[Any]):
    """moto lists every instance of a model for ever; keys come and go with each request."""

    def append(self, item: Any) -> None:
        """Forget it."""


class DiskKey(FakeKey):  # type: ignore[misc]  # moto's types are not read
    """A key whose value is a file: `pending` in the temporary folder until it is published."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.world: World = current()
        self.path: Path | None = None
        self.pending = False
        self.lazy = False
        self.window: tuple[int, int] | None = None
        self.packed = b""
        self.stamp: tuple[int, int] | None = None
        self.opened: OpenFile | None = None
        facts: dict[str, Any] = self.__dict__
        try:
            super().__init__(*args, **kwargs)
        except OSError:  # such as a full disk
            if facts["path"] is not None:
                facts["path"].unlink(missing_ok=True)
            raise
        finally:
            self._value_buffer.close()
        if facts["_etag"] is None:
            facts["_etag"] = self._md5
        if not isinstance(facts["multipart"], CompletedMultipart):
            facts["multipart"] = None
        touched().append(self)

    @property
    def value(self) -> Any:
        """The bytes; a FileSlice for who asked for a `lazy` key."""
        offset, size = self.window or (0, self.contentsize)
        content = FileSlice(self.file, offset, size, self.opened)
        return content if self.lazy else bytes(content)

    @value.setter
    def value(self, content: Any) -> None:
        digest = hashlib.md5(usedforsecurity=False)
        if isinstance(content, OwnedFile):
            self.path = content.path
            self.contentsize = len(content)
        else:
            handle, name = tempfile.mkstemp(dir=self.world.store.temporary)
            self.path = Path(name)
            self.contentsize = len(content)
            if isinstance(content, str):
                content = content.encode()
            pieces = content if isinstance(content, FileSlice) else (content,)
            with os.fdopen(handle, "wb") as file:
                for piece in pieces:
                    file.write(piece)
                    digest.update(piece)
        self.pending = True
        self._md5 = digest.hexdigest()

    @property
    def etag(self) -> str:
        """The ETag in quotes, never computed from the bytes after the fact."""
        return f'"{self._etag}"'

    @property
    def size(self) -> int:
        """Size in bytes, of the part when one was asked for."""
        return self.contentsize if self.window is None else self.window[1]

    @property
    def file(self) -> Path:
        if self.path is None:
            raise FileNotFoundError(self.name)
        return self.path

    def open(self) -> bool:
        """Hold on to the bytes that belong to the metadata; False when others lie there by now."""
        try:
            opened = OpenFile(self.file)
        except FileNotFoundError:
            return False
        if self.stamp is not None and self.stamp != opened.stamp:
            return False
        self.opened = opened
        return True

    def part(self, part_number: int) -> "DiskKey | None":
        """This key, limited to one part of its multipart upload."""
        if not isinstance(self.multipart, CompletedMultipart):
            return self
        window = self.multipart.window(part_number)
        if window is None:
            return None
        found = copy.copy(self)
        found.window = window
        return found

    def state(self) -> bytes:
        """Metadata as a blob."""
        return pack({name: value for name, value in self.__dict__.items() if name not in _VOLATILE})

    def save(self) -> None:
        """Store the metadata of a published key if it changed."""
        if self.pending or self.path is None or self.bucket_name is None:
            return
        blob = self.state()
        if blob == self.packed:
            return
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return
        if self.stamp != (stat.st_size, stat.st_mtime_ns):
            return  # another object lies there now
        self.packed = blob
        if self.path.parent == self.world.versions:
            self.world.state.run(
                "UPDATE s3_versions SET state = ? WHERE bucket = ? AND key = ? AND version_id = ?",
                (blob, self.bucket_name, self.name, self.version_id),
            )
        else:
            self.world.state.run(
                "INSERT OR REPLACE INTO s3_objects VALUES (?, ?, ?, ?, ?)",
                (self.bucket_name, self.name, stat.st_size, stat.st_mtime_ns, blob),
            )

    def dispose(self, garbage: bool = False) -> None:
        """Drop a value that was never published."""
        if getattr(self, "pending", False) and self.path is not None:
            self.path.unlink(missing_ok=True)
            self.pending = False
        self.disposed = True

    def __copy__(self) -> "DiskKey":
        """A second key of the same file (moto's own copies would copy the bytes)."""
        other: DiskKey = object.__new__(DiskKey)
        other.__dict__.update(self.__dict__)
        return other

    def __deepcopy__(self, memo: Any) -> "DiskKey":
        return self.__copy__()

    def __del__(self) -> None:
        """Published values belong to the store; `dispose` says when a pending one goes."""


DiskKey.instances_tracked = _Untracked()


class OwnedFile(FileSlice):
    """A temporary file that a key may take over as it is."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, 0, path.stat().st_size)


_template: dict[str, Any] = {}


def load_key(
    world: World, bucket: Any, name: str, path: Path, stat: os.stat_result, blob: bytes | None
) -> DiskKey:
    """A key of a file that exists; `blob` is its metadata, None for a file of the engine."""
    if not _template:
        plain = FakeKey("", b"", account_id="", region_name="us-east-1", version_id="null")
        plain.dispose()
        _template.update(plain.__dict__)
    key: DiskKey = object.__new__(DiskKey)
    facts = dict(_template)
    facts.update(
        name=name,
        bucket_name=bucket.name,
        account_id=bucket.account_id,
        region_name=bucket.region_name,
        partition=bucket.partition,
        lock=threading.Lock(),
        contentsize=stat.st_size,
        last_modified=datetime.fromtimestamp(stat.st_mtime_ns / 1e9, UTC).replace(tzinfo=None),
        world=world,
        path=path,
        pending=False,
        lazy=False,
        window=None,
        packed=blob or b"",
        stamp=(stat.st_size, stat.st_mtime_ns),
        opened=None,
    )
    if blob is None:
        facts["_metadata"] = LowercaseDict({"Content-Type": "binary/octet-stream"})
        facts["_etag"] = foreign_etag(stat)
        facts["_is_versioned"] = bucket.is_versioned
    else:
        facts.update(unpack(blob))
    key.__dict__.update(facts)
    if blob is None:
        key.packed = key.state()
    return key


def foreign_etag(stat: os.stat_result) -> str:
    """An ETag that changes with the file and that no client takes for an MD5."""
    text = f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ino}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + "-1"
