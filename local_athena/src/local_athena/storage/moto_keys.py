"""The keys of a bucket with all their versions: moto's `_VersionedKeyStore` over files.

A current object is the plain file of its key. Earlier versions and delete markers of versioned
buckets are rows of SQLite, with files in `versions/`.

A process may die between any two steps: a key's metadata is stored before its file is renamed to
its place (it counts for that file only), and a version that is set aside keeps its place until its
row is stored. What is found twice then is one version.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moto.s3.models import FakeDeleteMarker, FakeKey

from local_athena.storage.files import sync_file
from local_athena.storage.moto_key import DiskKey, load_key
from local_athena.storage.moto_world import Change, World, changes, pack, touched, unpack
from local_athena.storage.walk import walk


class DiskKeyStore:
    """All keys of a bucket: what moto's `_VersionedKeyStore` is, over files."""

    def __init__(self, world: World, bucket: Any) -> None:
        self._world = world
        self._bucket = bucket

    def __bool__(self) -> bool:
        return any(True for _ in walk(self._root)) or bool(self._hidden(limit=1))

    def __len__(self) -> int:
        return sum(1 for _ in self._names())

    def __iter__(self) -> Iterator[str]:
        return self._names()

    def __contains__(self, name: object) -> bool:
        return bool(self.getlist(str(name)))

    def __getitem__(self, name: str) -> Any:
        found = self.getlist(name)
        if not found:
            raise KeyError(name)
        return found[-1]

    def __setitem__(self, name: str, value: Any) -> None:
        self.setlist(name, [*self.getlist(name, []), value])

    def get(self, name: str, default: Any = None) -> Any:
        """The last version, or the default."""
        found = self.getlist(name)
        return found[-1] if found else default

    def getlist(self, name: str, default: Any = None) -> Any:
        """All versions, oldest first; the default if there is none."""
        waiting = changes().get((self._bucket.name, name))
        found = self._stored(name) if waiting is None else list(waiting.versions)
        return found or default

    def setlist(self, name: str, versions: Any) -> None:
        """Make these the versions of a key, the last one its current object, when the request ends.

        moto gives a new object its metadata after this: it must not be seen before.
        """
        versions = list(versions) if isinstance(versions, (list, tuple)) else [versions]
        place = self._bucket.name, name
        before = changes().get(place)
        known = before.known if before else {one.version_id for one in self._stored(name)}
        changes()[place] = Change(known, versions, lambda: self._apply(name, known, versions))

    def pop(self, name: str) -> None:
        """Remove a key with all versions.

        Raises:
            KeyError: there is none.
        """
        with self._world.lock:
            versions = self._stored(name)
            if not versions:
                raise KeyError(name)
            for version in versions:
                if isinstance(version, FakeKey):
                    self._world.tagger.delete_all_tags_for_resource(version.arn)
            self._replace(name, [])

    def items(self) -> Iterator[tuple[str, Any]]:
        """Names with last versions."""
        for name in self._names():
            found = self.get(name)
            if found is not None:
                yield name, found

    def values(self) -> Iterator[Any]:
        """Last versions."""
        return (value for _, value in self.items())

    def iterlists(self) -> Iterator[tuple[str, list[Any]]]:
        """Names with all versions."""
        for name in self._names():
            found = self.getlist(name)
            if found:
                yield name, found

    lists = iterlists

    def item_size(self) -> int:
        """Bytes of all current objects."""
        return sum(found.stat.st_size for found in walk(self._root) if found.stat is not None)

    @property
    def _root(self) -> Path:
        return self._world.store.root / str(self._bucket.name)

    def _names(self) -> Iterator[str]:
        hidden = iter(self._hidden())
        waiting = next(hidden, None)
        for found in walk(self._root):
            while waiting is not None and waiting.encode() < found.key.encode():
                yield waiting
                waiting = next(hidden, None)
            if waiting == found.key:
                waiting = next(hidden, None)
            yield found.key
        if waiting is not None:
            yield waiting
            yield from hidden

    def _hidden(self, limit: int = -1) -> list[str]:
        """Keys that have rows of versions, by name."""
        rows = self._world.state.rows(
            "SELECT DISTINCT key FROM s3_versions WHERE bucket = ? ORDER BY key LIMIT ?",
            (self._bucket.name, limit),
        )
        return [name for (name,) in rows]

    def _stored(self, name: str) -> list[Any]:
        """All versions as they lie on disk, oldest first."""
        found = self._older(name)
        now = self._now(name)
        if now is not None:
            found = [one for one in found if one.version_id != now.version_id]
            found.append(now)
        return found

    def _apply(self, name: str, known: set[str], versions: list[Any]) -> None:
        """What the request changed of the versions it knew; others may have added some since."""
        added = [one for one in versions if one.version_id not in known or _is_new(one)]
        gone = known - {one.version_id for one in versions}
        gone |= {one.version_id for one in added}
        with self._world.lock:
            kept = [one for one in self._stored(name) if one.version_id not in gone]
            self._replace(name, [*kept, *added])

    def _now(self, name: str) -> DiskKey | None:
        path = self._world.store.key_path(self._bucket.name, name)
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        for known in touched():  # one object per key and request: changes must not be lost
            if known.path == path and known.stamp == (stat.st_size, stat.st_mtime_ns):
                found: DiskKey = known
                return found
        key = self.load(name, path, stat)
        touched().append(key)
        return key

    def load(self, name: str, path: Path, stat: os.stat_result) -> DiskKey:
        """The key of a current file."""
        row = self._world.state.row(
            "SELECT state FROM s3_objects "
            "WHERE bucket = ? AND key = ? AND size = ? AND mtime_ns = ?",
            (self._bucket.name, name, stat.st_size, stat.st_mtime_ns),
        )
        return load_key(self._world, self._bucket, name, path, stat, row[0] if row else None)

    def _older(self, name: str) -> list[Any]:
        found: list[Any] = []
        for version_id, file, blob in self._world.state.rows(
            "SELECT version_id, file, state FROM s3_versions "
            "WHERE bucket = ? AND key = ? ORDER BY position",
            (self._bucket.name, name),
        ):
            if file is None:
                found.append(_load_marker(name, version_id, blob, found[-1] if found else None))
                continue
            path = self._world.versions / file
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            key = load_key(self._world, self._bucket, name, path, stat, blob)
            touched().append(key)
            found.append(key)
        return found

    def _replace(self, name: str, versions: list[Any]) -> None:
        store = self._world.store
        bucket = self._bucket.name
        before = self._stored(name)
        kept = {version.version_id for version in versions}
        last = versions[-1] if versions else None
        plain = store.key_path(bucket, name)
        for version in before:
            if not isinstance(version, DiskKey) or version.version_id in kept:
                continue
            if version.path != plain or not isinstance(last, DiskKey):  # else it is overwritten
                version.file.unlink(missing_ok=True)
                version.path = None
        rows = [
            self._set_aside(name, position, version, plain)
            for position, version in enumerate(versions)
            if version is not last or not isinstance(version, DiskKey)
        ]
        restored = []  # an earlier version that becomes the current one: it has its row until then
        if isinstance(last, DiskKey) and last.file.parent == self._world.versions:
            restored.append(self._row(name, len(rows), last))
        self._store_rows(name, [*rows, *restored])
        if isinstance(last, DiskKey):
            self._publish(name, last, plain)
        else:
            plain.unlink(missing_ok=True)
            store.prune(plain.parent, bucket)
        if restored:
            self._store_rows(name, rows)

    def _store_rows(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        """Make these all rows of the key's earlier versions and delete markers."""
        state = self._world.state
        with state.transaction():
            state.run(
                "DELETE FROM s3_versions WHERE bucket = ? AND key = ?", (self._bucket.name, name)
            )
            state.run_many("INSERT INTO s3_versions VALUES (?, ?, ?, ?, ?, ?)", rows)

    def _set_aside(self, name: str, position: int, version: Any, plain: Path) -> tuple[Any, ...]:
        """The row of a version that is not the current object; its file gets a second name."""
        if not isinstance(version, DiskKey):
            marked = pack({"last_modified": version.last_modified})
            return (self._bucket.name, name, position, version.version_id, None, marked)
        if version.path == plain or version.pending:
            target = self._world.versions / uuid.uuid4().hex
            os.link(version.file, target)
            if version.pending:
                version.file.unlink()
            version.path, version.pending = target, False
        return self._row(name, position, version)

    def _row(self, name: str, position: int, version: DiskKey) -> tuple[Any, ...]:
        version_id, file = version.version_id, version.file.name
        return (self._bucket.name, name, position, version_id, file, version.state())

    def _publish(self, name: str, key: DiskKey, plain: Path) -> None:
        """Move a new or an earlier version to the plain place, its metadata first."""
        if key.path == plain:
            key.save()
            return
        if key.pending:
            self._stamp(key.file)
            sync_file(key.file)
        key.pending = False
        stat = key.file.stat()
        key.stamp = (stat.st_size, stat.st_mtime_ns)
        key.packed = key.state()
        of_key = (self._bucket.name, name)
        self._world.state.run(
            "INSERT OR REPLACE INTO s3_objects VALUES (?, ?, ?, ?, ?)",
            (*of_key, *key.stamp, key.packed),
        )
        key.path = self._world.store.place(key.file, *of_key)
        self._world.state.run(
            "DELETE FROM s3_objects "
            "WHERE bucket = ? AND key = ? AND NOT (size = ? AND mtime_ns = ?)",
            (*of_key, *key.stamp),
        )

    def _stamp(self, file: Path) -> None:
        """Give a file a time that no object had: the kernel's clock is too coarse for that."""
        now = self._world.next_stamp()
        os.utime(file, ns=(now, now))


def _is_new(version: Any) -> bool:
    """Whether this request made it: its bytes are not published yet."""
    return isinstance(version, DiskKey) and version.pending


def _load_marker(name: str, version_id: str, blob: bytes, before: Any) -> FakeDeleteMarker:
    marker: FakeDeleteMarker = object.__new__(FakeDeleteMarker)
    marker.key = before
    marker.name = name
    marker.last_modified = unpack(blob)["last_modified"]
    marker._version_id = version_id
    return marker
