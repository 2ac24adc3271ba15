"""The object store: S3 objects as plain files under `<data>/s3/<bucket>/`."""

import copy
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from local_athena.errors import InvalidUriError, NoSuchBucketError, NoSuchObjectError
from local_athena.storage import ObjectFile
from local_athena.storage.keys import FILE, decode_path, encode_key, encode_segment
from local_athena.storage.loose import LooseFiles
from local_athena.storage.walk import folder_of, folders_in, walk

BUCKET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
"""S3's rule (user guide, "Bucket naming rules"), and the shorter and underscored names of old."""
_LONGEST = 4000
"""Bytes of a path, with room for what ends a name; systems allow 4,096."""
_SYNCING = 8
"""Files of a statement that are synced beside each other."""
_SCHEMES = ("s3://", "s3a://", "s3n://")


def split_uri(uri: str) -> tuple[str, str]:
    """(bucket, key) of an s3 uri; the key may be empty.

    Raises:
        InvalidUriError: another scheme, or no bucket.
    """
    for scheme in _SCHEMES:
        if uri.startswith(scheme):
            bucket, _, key = uri[len(scheme) :].partition("/")
            if bucket and bucket not in (".", "..") and "\0" not in bucket:
                return bucket, key
    raise InvalidUriError(f"{uri!r} is not an s3://bucket/key location")


class FileStore:
    """Objects below `root` (one folder per bucket); temporary files in `temporary`.

    Both folders must be on one file system. Publishing is a rename, so a reader sees the old
    object or the new one, and a crash leaves at most a temporary file.
    """

    def __init__(self, root: Path, temporary: Path, loose: LooseFiles | None = None) -> None:
        self._loose = loose
        self._owner = ""
        self._unsettled: list[Path] = []
        self._before_keep: Callable[[], object] = lambda: None
        root.mkdir(parents=True, exist_ok=True)
        temporary.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self.temporary = temporary.resolve()

    def path(self, uri: str) -> Path:
        """The file of an object (a folder when the uri ends in `/` or names a bucket)."""
        bucket, key = split_uri(uri)
        folder = self.root / bucket
        if not key:
            return folder
        if key.endswith("/"):
            return folder / encode_key(key[:-1])
        return self.key_path(bucket, key)

    def key_path(self, bucket: str, key: str) -> Path:
        """The file of a key, also of one that ends in `/`.

        Raises:
            InvalidUriError: a symbolic link lies on the way, or the path is too long.
        """
        plain = f"{self.root}/{bucket}/{encode_key(key)}"
        if len(plain) > _LONGEST or len(os.fsencode(plain)) > _LONGEST:
            raise InvalidUriError(f"the key {key[:60]}… of bucket {bucket} is too long to be kept")
        if os.path.realpath(plain) != plain:
            raise InvalidUriError(f"s3://{bucket}/{key} lies behind a symbolic link")
        if os.path.isdir(plain):  # noqa: PTH112  (called for every object)
            return Path(plain + FILE)
        return Path(plain)

    def uri(self, path: Path) -> str:
        """The uri of a file below the store."""
        try:
            relative = path.resolve().relative_to(self.root).as_posix()
        except ValueError:
            raise InvalidUriError(f"{path} is not a file of the object store") from None
        bucket, _, rest = relative.partition("/")
        return f"s3://{bucket}/{decode_path(rest) if rest else ''}"

    def list(self, prefix: str) -> Iterator[ObjectFile]:
        """Objects whose uri starts with `prefix`, by key."""
        bucket, key = split_uri(prefix)
        loose = self._loose
        for found in walk(f"{self.root}/{bucket}", key):
            if found.stat is not None:
                uri = f"s3://{bucket}/{found.key}"
                if loose is not None and loose.hides(uri):
                    continue
                yield ObjectFile(
                    uri,
                    Path(found.path),
                    found.stat.st_size,
                    found.stat.st_mtime_ns,
                )

    def exists(self, uri: str) -> bool:
        """Whether an object lies at this uri."""
        bucket, key = split_uri(uri)
        return bool(key) and self.key_path(bucket, key).is_file()

    def may_hold(self, prefix: str) -> bool:
        """False when certainly no object's uri starts with `prefix`."""
        bucket, key = split_uri(prefix)
        return os.path.isdir(folder_of(f"{self.root}/{bucket}", key))  # noqa: PTH112  (called often)

    def looking(self) -> Callable[[str], bool]:
        """`may_hold` for many prefixes at one moment: each folder above them is looked at once."""
        seen: dict[str, frozenset[str]] = {}

        def may_hold(prefix: str) -> bool:
            bucket, key = split_uri(prefix)
            above, _, last = key.rpartition("/")[0].rpartition("/")
            name = encode_segment(last) if last else "/"
            if "/" in name:  # the bucket itself, or a segment of several folders
                return self.may_hold(prefix)
            where = f"{bucket}/{above}"
            names = seen.get(where)
            if names is None:
                root = f"{self.root}/{bucket}"
                names = seen[where] = folders_in(f"{root}/{encode_key(above)}" if above else root)
            return name in names

        return may_hold

    def size(self, uri: str) -> int:
        """Size in bytes."""
        bucket, key = split_uri(uri)
        try:
            return self.key_path(bucket, key).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            raise NoSuchObjectError(uri) from None

    @contextmanager
    def new_file(self, uri: str, *, durable: bool = True) -> Iterator[Path]:
        """A temporary path to write; synced and published on leaving, unless the block raises."""
        bucket, _ = split_uri(uri)
        self._require(bucket)
        handle, name = tempfile.mkstemp(dir=self.temporary)
        os.close(handle)
        path = Path(name)
        try:
            yield path
            self.publish(path, uri, durable=durable)
        finally:
            path.unlink(missing_ok=True)

    def publish(self, path: Path, uri: str, *, durable: bool = True) -> None:
        """Move a finished temporary file to its uri in one step, its bytes on disk.

        A statement's file is on disk after `settle`, which every commit waits for.
        """
        bucket, key = split_uri(uri)
        if not key:
            raise InvalidUriError(f"{uri!r} names no object")
        self._require(bucket)
        later = durable and self._loose is not None and self._owner
        if later and self._loose is not None:
            self._loose.note(self._owner, f"s3://{bucket}/{key}")
        elif durable:
            sync_file(path)
        target = self.place(path, bucket, key, durable=durable and not later)
        if later:
            self._unsettled.append(target)

    def settle(self) -> None:
        """Wait until all that the statement published is on disk, at once: one wait of the file
        system's journal serves all that ask meanwhile."""
        files, self._unsettled = self._unsettled, []
        if not files:
            return
        with ThreadPoolExecutor(min(len(files), _SYNCING)) as pool:
            list(pool.map(_sync_if_there, files))
            list(pool.map(_sync_folder, {file.parent for file in files}))

    def place(self, path: Path, bucket: str, key: str, *, durable: bool = True) -> Path:
        """Move a file to its key without syncing its bytes; returns where it lies now."""
        while True:
            target = self.key_path(bucket, key)
            try:
                self._make_folders(target.parent, self.root / bucket)
                path.replace(target)
            except IsADirectoryError:
                continue  # a folder took the plain name meanwhile: key_path knows now
            except FileNotFoundError:
                if not path.exists():
                    raise
                self._require(bucket)
                continue  # another thread removed the empty folder: make it again
            if durable:
                _sync_folder(target.parent)
            return target

    @contextmanager
    def temporary_folder(self) -> Iterator[Path]:
        """A folder on the same file system, removed on leaving."""
        folder = Path(tempfile.mkdtemp(dir=self.temporary))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def statement(
        self, owner: str, before_keep: Callable[[], object] = lambda: None
    ) -> Iterator["FileStore"]:
        """The store for one statement: what it published and did not keep goes when it fails."""
        store = copy.copy(self)
        store._owner, store._before_keep, store._unsettled = owner, before_keep, []
        try:
            yield store
            store.settle()
        except BaseException:
            if self._loose is not None:
                self._loose.ended(owner, self.delete)
            raise
        if self._loose is not None:
            self._loose.ended(owner)

    def keep(self) -> None:
        """All that the statement published belongs to a table now."""
        self.settle()
        self._before_keep()
        if self._loose is not None and self._owner:
            self._loose.keep(self._owner)

    def doom(self, uris: Iterable[str]) -> None:
        """Objects that belong to no table any more."""
        if self._loose is not None and self._owner:
            self._loose.doom(self._owner, uris)

    def delete(self, uri: str) -> bool:
        """Remove one object; False when there was none."""
        bucket, key = split_uri(uri)
        if not key:
            return False
        path = self.key_path(bucket, key)
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        self.prune(path.parent, bucket)
        return True

    def delete_prefix(self, prefix: str) -> int:
        """Remove every object whose uri starts with `prefix`."""
        bucket, _ = split_uri(prefix)
        count = 0
        folders: set[Path] = set()
        for found in list(self.list(prefix)):
            with suppress(FileNotFoundError):
                found.path.unlink()
                folders.add(found.path.parent)
                count += 1
        for folder in sorted(folders, reverse=True):
            self.prune(folder, bucket)
        return count

    def prune(self, folder: Path, bucket: str) -> None:
        """Remove empty folders upwards, the bucket's own excepted."""
        top = self.root / bucket
        while folder != top and top in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def ensure_bucket(self, bucket: str) -> None:
        """Create the bucket if it is not there."""
        if not BUCKET_NAME.fullmatch(bucket):
            raise InvalidUriError(f"{bucket[:80]!r} is not a name that a bucket may have")
        (self.root / bucket).mkdir(exist_ok=True)

    def remove_bucket(self, bucket: str) -> bool:
        """Remove a bucket and its empty folders; False when it holds an object."""
        split_uri(f"s3://{bucket}/")
        for folder, _, _ in os.walk(self.root / bucket, topdown=False):
            try:
                os.rmdir(folder)  # noqa: PTH106
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True

    def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket exists."""
        if not BUCKET_NAME.fullmatch(bucket):
            return False
        try:
            found = os.lstat(self.root / bucket)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return stat.S_ISDIR(found.st_mode)

    def buckets(self) -> Sequence[str]:
        """Names of all buckets."""
        with os.scandir(self.root) as entries:
            return sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))

    def _require(self, bucket: str) -> None:
        if not self.bucket_exists(bucket):
            raise NoSuchBucketError(bucket)

    def _make_folders(self, folder: Path, top: Path) -> None:
        """Make the folders down to `folder`; a file in the way becomes `name%file`."""
        if folder.is_dir():
            return
        try:
            folder.mkdir(exist_ok=True)
        except FileNotFoundError:
            if folder == top:
                raise NoSuchBucketError(top.name) from None
            self._make_folders(folder.parent, top)
            folder.mkdir(exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            part = folder
            while not part.is_file():
                part = part.parent
                if part == top:
                    break
            else:
                part.replace(f"{part}{FILE}")
            self._make_folders(folder, top)


def sync_file(path: Path) -> None:
    """Wait until a file's bytes are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_if_there(path: Path) -> None:
    with suppress(FileNotFoundError):  # (a commit that was tried again removed it)
        sync_file(path)


def _sync_folder(path: Path) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
