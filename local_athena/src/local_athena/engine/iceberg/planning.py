"""Which data files a read of a table needs, and which delete files apply to each.

Rules of the Iceberg specification (v2), "Scan planning": a position delete applies to data files of
its partition with a sequence number at most its own; an equality delete to those with a smaller
one, and everywhere when its partition spec is unpartitioned.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    ManifestContent,
    ManifestEntry,
)

from local_athena.engine.iceberg.domains import (
    Restrictions,
    file_may_match,
    manifest_may_match,
    partition_may_match,
    partition_restrictions,
)
from local_athena.engine.iceberg.table import IcebergTable

PATH_FIELD = 2147483546
POSITION_FIELD = 2147483545


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A data file to read, with the delete files that may hold deletes of its rows."""

    entry: ManifestEntry
    position_deletes: tuple[DataFile, ...] = ()
    equality_deletes: tuple[DataFile, ...] = ()

    @property
    def file(self) -> DataFile:
        return self.entry.data_file


def partition_key(file: DataFile) -> tuple[int, tuple[Any, ...]]:
    """The spec and partition values of a file, to compare with other files'."""
    return file.spec_id, tuple(file.partition[index] for index in range(len(file.partition)))


def live_entries(table: IcebergTable, content: ManifestContent) -> Iterable[ManifestEntry]:
    """All live entries of the snapshot's data or delete manifests."""
    if table.snapshot is None:
        return
    for manifest in table.lake.manifests(table.snapshot.manifest_list):
        if manifest.content == content:
            yield from table.lake.entries(manifest)


def plan_files(table: IcebergTable, restrictions: Restrictions) -> list[PlannedFile]:
    """The data files that may hold wanted rows, the oldest first."""
    if table.snapshot is None:
        return []
    schema = table.schema
    specs = table.metadata.specs()
    by_spec = {
        number: partition_restrictions(restrictions, spec, schema) for number, spec in specs.items()
    }
    types = {
        number: [field.field_type for field in spec.partition_type(schema).fields]
        for number, spec in specs.items()
    }
    entries: list[ManifestEntry] = []
    deletes: list[ManifestEntry] = []
    for manifest in table.lake.manifests(table.snapshot.manifest_list):
        if manifest.content == ManifestContent.DELETES:
            deletes.extend(table.lake.entries(manifest))
            continue
        partition = by_spec[manifest.partition_spec_id]
        if not manifest_may_match(manifest, partition, types[manifest.partition_spec_id]):
            continue
        for entry in table.lake.entries(manifest):
            file = entry.data_file
            if partition_may_match(file.partition, partition) and file_may_match(
                file, restrictions, schema
            ):
                entries.append(entry)
    entries.sort(key=lambda entry: entry.sequence_number or 0)
    if not deletes:
        return [PlannedFile(entry) for entry in entries]
    index = DeleteIndex(table, deletes)
    return [index.plan(entry) for entry in entries]


class DeleteIndex:
    """The delete files of a snapshot, found by the data file they concern."""

    def __init__(self, table: IcebergTable, entries: Iterable[ManifestEntry]) -> None:
        self._by_path: dict[str, list[ManifestEntry]] = {}
        self._by_partition: dict[Any, list[ManifestEntry]] = {}
        self._equality: dict[Any, list[ManifestEntry]] = {}
        self._global: list[ManifestEntry] = []
        specs = table.metadata.specs()
        for entry in entries:
            file = entry.data_file
            if file.content == DataFileContent.POSITION_DELETES:
                path = only_path(file)
                if path is not None:
                    self._by_path.setdefault(path, []).append(entry)
                else:
                    self._by_partition.setdefault(partition_key(file), []).append(entry)
            elif specs[file.spec_id].is_unpartitioned():
                self._global.append(entry)
            else:
                self._equality.setdefault(partition_key(file), []).append(entry)

    def plan(self, entry: ManifestEntry) -> PlannedFile:
        """The data file of `entry` with the deletes that apply to it."""
        file = entry.data_file
        number = entry.sequence_number or 0
        key = partition_key(file)
        positions = [
            *self._by_path.get(file.file_path, ()),
            *(
                delete
                for delete in self._by_partition.get(key, ())
                if _may_name(delete.data_file, file.file_path)
            ),
        ]
        equality = [*self._global, *self._equality.get(key, ())]
        return PlannedFile(
            entry,
            tuple(d.data_file for d in positions if (d.sequence_number or 0) >= number),
            tuple(d.data_file for d in equality if (d.sequence_number or 0) > number),
        )


def only_path(delete: DataFile) -> str | None:
    """The one data file a position delete file concerns, where its bounds tell."""
    low = (delete.lower_bounds or {}).get(PATH_FIELD)
    high = (delete.upper_bounds or {}).get(PATH_FIELD)
    if low is not None and low == high:
        return bytes(low).decode()
    return None


def _may_name(delete: DataFile, path: str) -> bool:
    low = (delete.lower_bounds or {}).get(PATH_FIELD)
    high = (delete.upper_bounds or {}).get(PATH_FIELD)
    name = path.encode()
    return (low is None or bytes(low) <= name) and (high is None or name <= bytes(high))
