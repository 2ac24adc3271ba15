"""The store and the catalog as Iceberg sees them, with what never changes kept in memory.

Metadata files, manifest lists, manifests and data files are written once and never again, so what
was read from them is kept by their location, the least recently used going first.
"""

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile, FileFormat, ManifestEntry, ManifestFile, read_manifest_list
from pyiceberg.serializers import FromInputFile
from pyiceberg.table.metadata import TableMetadata

from local_athena.catalog import Catalog
from local_athena.engine.iceberg.columns import file_columns
from local_athena.engine.iceberg.formats import to_parquet
from local_athena.engine.iceberg.io import StoreIO
from local_athena.sql.errors import SqlError
from local_athena.storage import ObjectStore

T = TypeVar("T")


class LruCache:
    """Values by key, the least recently used dropped above `limit`; safe for threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `key`, made when it is not there (maybe twice by two threads)."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]  # type: ignore[no-any-return]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._limit:
                self._values.popitem(last=False)
        return value

    def forget(self, key: Hashable) -> None:
        """Drop a value, if it is there."""
        with self._lock:
            self._values.pop(key, None)


class Footer:
    """A Parquet footer: `metadata` by row group and column chunk, `schema` with field ids.

    `signature` is equal for files whose columns can be read alike.
    """

    __slots__ = ("columns", "leaves", "metadata", "schema", "signature")

    def __init__(self, path: Path) -> None:
        with pq.ParquetFile(path) as file:
            self.metadata: Any = file.metadata
            self.schema: pa.Schema = file.schema_arrow
        self.columns = file_columns(self.schema)
        self.signature = self.schema.to_string(show_schema_metadata=False)
        self.leaves = tuple(
            self.metadata.schema.column(index).path for index in range(self.metadata.num_columns)
        )


def _gone(location: str) -> SqlError:
    return SqlError("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split {location}")


class Lake:
    """What every function of this package works on. One per engine; safe for threads."""

    def __init__(
        self,
        store: ObjectStore,
        catalog: Catalog,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.catalog = catalog
        self.clock = clock
        self.io = StoreIO(store)
        self._metadata = LruCache(256)
        self._lists = LruCache(1024)
        self._entries = LruCache(2048)
        self._footers = LruCache(16384)
        self._locals = LruCache(65536)
        self._stack = ExitStack()
        self._folder = LruCache(1)
        self._locks: dict[str, threading.RLock] = {}
        self._locks_lock = threading.Lock()

    def over(self, store: ObjectStore) -> "Lake":
        """The same lake, its memory and locks shared, writing through a statement's store."""
        lake = copy.copy(self)
        lake.store = store
        lake.io = StoreIO(store)
        return lake

    def table_metadata(self, location: str) -> TableMetadata:
        """The table metadata in the file at `location`; never change what it holds."""
        return self._metadata.get(
            location, lambda: FromInputFile.table_metadata(self.io.new_input(location))
        )

    def remember(self, location: str, metadata: TableMetadata) -> None:
        """Keep metadata that was just written, so that it is not read again.

        What it takes the place of goes: the older versions of a table that is written often would
        be the largest part of what is kept, and are hardly asked for again.
        """
        self._metadata.get(location, lambda: metadata)
        if metadata.metadata_log:
            self._metadata.forget(metadata.metadata_log[-1].metadata_file)
        current = metadata.current_snapshot()
        if current is not None and current.parent_snapshot_id is not None:
            before = metadata.snapshot_by_id(current.parent_snapshot_id)
            if before is not None:
                self._lists.forget(before.manifest_list)

    def remember_manifests(self, manifest_list: str, manifests: Sequence[ManifestFile]) -> None:
        """Keep a manifest list that was just written, so that it is not read again."""
        self._lists.get(manifest_list, lambda: tuple(manifests))

    def manifests(self, manifest_list: str) -> tuple[ManifestFile, ...]:
        """The manifests of a manifest list, in its order."""
        return self._lists.get(
            manifest_list, lambda: tuple(read_manifest_list(self.io.new_input(manifest_list)))
        )

    def entries(self, manifest: ManifestFile) -> tuple[ManifestEntry, ...]:
        """The live entries of a manifest, sequence numbers and spec inherited."""
        return self._entries.get(
            manifest.manifest_path,
            lambda: tuple(manifest.fetch_manifest_entry(self.io, discard_deleted=True)),
        )

    def local(self, file: DataFile) -> Path:
        """The Parquet file of a data or delete file: itself, or a copy of an ORC or Avro file.

        Raises:
            SqlError: NOT_SUPPORTED for another format; ICEBERG_CANNOT_OPEN_SPLIT, the file is gone.
        """
        return self._locals.get(file.file_path, lambda: self._local(file))

    def _local(self, file: DataFile) -> Path:
        path = self.store.path(file.file_path)
        if file.file_format == FileFormat.PARQUET:
            return path
        with self._locks_lock:
            folder: Path = self._folder.get(
                "", lambda: self._stack.enter_context(self.store.temporary_folder())
            )
        target = folder / f"{uuid4()}.parquet"
        try:
            to_parquet(self.io.new_input(file.file_path), path, file.file_format, target)
        except FileNotFoundError:
            raise _gone(file.file_path) from None
        return target

    def footer(self, file: DataFile) -> Footer:
        """The footer of a data or delete file as Parquet.

        Raises:
            SqlError: ICEBERG_CANNOT_OPEN_SPLIT, the file is gone.
        """
        try:
            return self._footers.get(file.file_path, lambda: Footer(self.local(file)))
        except FileNotFoundError:
            raise _gone(file.file_path) from None

    def commit_lock(self, uuid: str) -> threading.RLock:
        """The lock under which this process commits to a table, so that its threads queue."""
        with self._locks_lock:
            return self._locks.setdefault(uuid, threading.RLock())

    def close(self) -> None:
        """Remove the copies made of ORC and Avro files."""
        self._stack.close()
