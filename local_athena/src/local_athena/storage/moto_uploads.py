"""Multipart uploads in progress: kept until they are completed or aborted, over a restart too.

An upload is a folder `<data>/uploads/<id>/` with a file `upload` (bucket, key, metadata, made
first) and a file `<number>.<MD5>` for each part; a part is there when its file has this name. The
folder goes after the whole object is published; if the process dies in between, when it is loaded.
It goes in one step, to the temporary folder: half of one would be no upload.
"""

import base64
import hashlib
import os
import shutil
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.s3 import models
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML, NoSuchUpload
from moto.s3.models import FakeMultipart
from moto.s3.utils import compute_checksum
from moto.utilities.utils import CaseInsensitiveDict

from local_athena.storage.moto_key import CompletedMultipart, DiskKey, OwnedFile
from local_athena.storage.moto_world import World, current, pack, unpack

_FACTS = "upload"
_KEPT = (
    "key_name", "account_id", "region_name", "storage", "tags", "acl", "id", "sse_encryption",
    "kms_key_id",
)  # fmt: skip


class DiskMultipart(FakeMultipart):  # type: ignore[misc]  # moto's types are not read
    """An upload in progress; its parts are files."""

    world: World
    folder: Path
    completed: CompletedMultipart | None = None

    def keep(self, world: World, bucket: str) -> None:
        """Make its folder: from now on it is known."""
        draft = Path(tempfile.mkdtemp(dir=world.store.temporary))
        facts = {name: getattr(self, name) for name in _KEPT}
        (draft / _FACTS).write_bytes(
            pack({**facts, "bucket": bucket, "metadata": dict(self.metadata)})
        )
        self.world = world
        self.folder = draft.rename(world.uploads / self.id)
        self.lock = threading.Lock()

    @property
    def begun(self) -> float:
        """When it was begun, in seconds since 1970."""
        return (self.folder / _FACTS).stat().st_mtime

    def set_part(self, part_id: int, value: Any) -> DiskKey:
        """Keep a part; an earlier one of that number goes after that."""
        if part_id < 1:
            raise NoSuchUpload(upload_id=part_id)
        key: Any = models.FakeKey(
            part_id,
            value,
            account_id=self.account_id,
            region_name=self.region_name,
            encryption=self.sse_encryption,
            kms_key_id=self.kms_key_id,
        )
        target = self.folder / f"{part_id}.{key.etag.strip(chr(34))}"
        with self.lock:
            earlier: Any = self.parts.get(part_id)
            try:
                key.path = key.file.replace(target)
            except FileNotFoundError:
                key.dispose()
                raise NoSuchUpload(upload_id=self.id) from None
            self._add(part_id, key)
            if earlier is not None and earlier.path != target:
                earlier.dispose()
        found: DiskKey = key
        return found

    def _add(self, part_id: int, key: Any) -> None:
        self.parts[part_id] = key
        self.partlist = sorted(self.parts)

    def complete(self, body: Any) -> Any:
        """(the whole as a file, ETag, checksum details) from the parts that the client names."""
        algorithm = self.metadata.get("x-amz-checksum-algorithm")
        checksum = _Checksum(algorithm, self.metadata.get("x-amz-checksum-type"))
        digests, sizes = b"", []
        handle, name = tempfile.mkstemp(dir=current().store.temporary)
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as whole:
                last: DiskKey | None = None
                for number, etag in body:
                    part: Any = self.parts.get(number)
                    if part is None or part.etag.strip('"') != etag.strip('"'):
                        raise InvalidPart
                    if last is not None and last.contentsize < models.S3_UPLOAD_PART_MIN_SIZE:
                        raise EntityTooSmall
                    digests += bytes.fromhex(part.etag.strip('"'))
                    sizes.append((number, part.contentsize))
                    content = part.value
                    whole.write(content)
                    checksum.add(content)
                    last = part
            if not sizes:
                raise MalformedXML
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self.completed = CompletedMultipart(self.id, sizes)
        etag = hashlib.md5(digests, usedforsecurity=False).hexdigest()
        return OwnedFile(path), f"{etag}-{len(sizes)}", checksum.details()

    def dispose(self) -> None:
        """moto lets go of it: an aborted one is forgotten, a completed one when it is stored."""
        if self.completed is None:
            self.forget()

    def forget(self) -> None:
        """Remove what is kept; a part that comes at this moment finds no upload any more."""
        gone = Path(tempfile.mkdtemp(dir=self.world.store.temporary))
        with suppress(FileNotFoundError):
            self.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


class DiskUploads(dict[str, Any]):
    """The uploads in progress of a bucket by id: moto's `MultipartDict` over folders."""

    def __init__(self, world: World, bucket: str) -> None:
        super().__init__()
        self._world = world
        self._bucket = bucket
        for folder in world.uploads.iterdir():
            if not folder.is_dir():  # somebody's file, such as .DS_Store
                continue
            try:
                facts = unpack((folder / _FACTS).read_bytes())
            except FileNotFoundError:  # removed at this moment, or half removed by an older version
                shutil.rmtree(folder, ignore_errors=True)
                continue
            if facts.pop("bucket") == bucket:
                super().__setitem__(folder.name, _load(world, folder, facts))

    def __setitem__(self, upload_id: str, upload: DiskMultipart) -> None:
        upload.keep(self._world, self._bucket)
        super().__setitem__(upload_id, upload)

    def __delitem__(self, upload_id: str) -> None:
        found = super().pop(upload_id, None)
        if found is not None:
            found.dispose()

    def restore(self, upload: DiskMultipart) -> None:
        """Take back one whose completion failed."""
        upload.completed = None
        super().__setitem__(upload.id, upload)

    def forget_completed(self, keys: Any) -> None:
        """Remove those whose whole object is there: the process died before it removed them."""
        for upload in list(self.values()):
            whole = keys.get(upload.key_name)
            if whole is not None and whole.multipart and whole.multipart.id == upload.id:
                del self[upload.id]

    def clear(self) -> None:
        """Forget all: the bucket goes."""
        for upload in self.values():
            upload.forget()
        super().clear()


def _load(world: World, folder: Path, facts: dict[str, Any]) -> DiskMultipart:
    upload: DiskMultipart = object.__new__(DiskMultipart)
    for name, value in facts.items():
        setattr(upload, name, value)
    upload.metadata = CaseInsensitiveDict(facts["metadata"])
    upload.world, upload.folder, upload.lock = world, folder, threading.Lock()
    upload.parts, upload.partlist = {}, []
    for number, path in sorted(_part_files(folder)):
        upload._add(number, _load_part(upload, number, path))
    return upload


def _part_files(folder: Path) -> Iterator[tuple[int, Path]]:
    """(number, file) of the parts; of two of one number, the process died between: the later."""
    found: dict[int, Path] = {}
    for path in folder.iterdir():
        number, _, etag = path.name.partition(".")
        if etag:
            other = found.get(int(number))
            if other is None or other.stat().st_mtime_ns < path.stat().st_mtime_ns:
                found[int(number)] = path
    yield from found.items()


def _load_part(upload: DiskMultipart, number: int, path: Path) -> Any:
    key: Any = models.FakeKey(
        number, b"", account_id=upload.account_id, region_name=upload.region_name,
        encryption=upload.sse_encryption, kms_key_id=upload.kms_key_id,
    )  # fmt: skip
    key.dispose()
    stat = path.stat()
    key.path, key.pending, key.contentsize = path, True, stat.st_size
    key._etag = key._md5 = path.suffix[1:]
    key.last_modified = datetime.fromtimestamp(stat.st_mtime_ns / 1e9, UTC).replace(tzinfo=None)
    return key


class _Checksum:
    """The checksum of a multipart upload, when the client asked for one."""

    def __init__(self, algorithm: str | None, kind: str | None) -> None:
        self._algorithm = algorithm
        self._kind = kind or ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE")
        self._of_parts = b""
        self._count = 0
        self._crc = 0

    def add(self, content: bytes) -> None:
        """The next part."""
        self._count += 1
        if self._algorithm and self._kind == "COMPOSITE":
            self._of_parts += compute_checksum(content, self._algorithm, encode_base64=False)
        elif self._algorithm == "CRC32":
            self._crc = zlib.crc32(content, self._crc)

    def details(self) -> tuple[str, str, int] | None:
        """(type, value in base64, parts); None without an algorithm, or one we cannot chain."""
        if self._algorithm and self._kind == "COMPOSITE":
            value = compute_checksum(self._of_parts, self._algorithm).decode()
            return self._kind, value, self._count
        if self._algorithm == "CRC32":
            return self._kind, base64.b64encode(self._crc.to_bytes(4, "big")).decode(), 1
        return None
