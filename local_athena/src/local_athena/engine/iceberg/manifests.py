"""The manifests of a new snapshot: PyIceberg's writers over fastavro, delete manifests too."""

from collections.abc import Iterable, Sequence
from typing import Any, Self
from uuid import UUID, uuid4

from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestListWriterV2,
    ManifestWriterV2,
)
from pyiceberg.table.metadata import TableMetadata

from local_athena.engine.iceberg.avro import (
    CODEC,
    AvroOutput,
    manifest_entry_form,
    manifest_list_form,
)
from local_athena.engine.iceberg.lake import Lake

MERGE_COUNT = 100
"""Manifests of one kind that are merged into one (Iceberg's commit.manifest.min-count-to-merge)."""


class _Writer(ManifestWriterV2):
    """PyIceberg's writer for data or delete manifests."""

    def __init__(self, kind: ManifestContent, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._kind = kind

    def content(self) -> ManifestContent:
        return self._kind

    def new_writer(self) -> Any:
        form = manifest_entry_form(self._spec.partition_type(self._schema))
        return AvroOutput(self._output_file, form, self._meta)

    @property
    def _meta(self) -> dict[str, str]:
        name = "data" if self._kind == ManifestContent.DATA else "deletes"
        return {**super()._meta, "content": name}


class _ListWriter(ManifestListWriterV2):
    """PyIceberg's writer of a manifest list."""

    def __enter__(self) -> Self:
        output: Any = AvroOutput(self._output_file, manifest_list_form(), self._meta)
        self._writer = output.__enter__()
        return self


def content_of(file: DataFile) -> ManifestContent:
    """In which kind of manifest a file is listed."""
    data = file.content == DataFileContent.DATA
    return ManifestContent.DATA if data else ManifestContent.DELETES


class ManifestMaker:
    """Writes the manifests and the manifest list of one snapshot of a table."""

    def __init__(self, lake: Lake, metadata: TableMetadata, snapshot_id: int) -> None:
        self._lake = lake
        self._metadata = metadata
        self.snapshot_id = snapshot_id
        self._commit: UUID = uuid4()
        self._count = 0
        self.written: list[str] = []

    def _location(self, name: str) -> str:
        location = f"{self._metadata.location.rstrip('/')}/metadata/{name}"
        self.written.append(location)
        return location

    def manifest(
        self, kind: ManifestContent, spec_id: int, entries: Iterable[ManifestEntry]
    ) -> ManifestFile:
        """Write entries whose status, snapshot and sequence numbers are set already."""
        name = f"{self._commit}-m{self._count}.avro"
        self._count += 1
        writer = _Writer(
            kind,
            self._metadata.specs()[spec_id],
            self._metadata.schema(),
            self._lake.io.new_output(self._location(name)),
            self.snapshot_id,
            CODEC,
        )
        with writer:
            for entry in entries:
                writer.add_entry(entry)
        return writer.to_manifest_file()

    def added(self, files: Sequence[DataFile], sequence: int | None = None) -> list[ManifestFile]:
        """Manifests of new files, one for each kind and spec.

        `sequence` is an explicit data sequence number (of a rewrite); None inherits the snapshot's.
        """
        groups: dict[tuple[ManifestContent, int], list[ManifestEntry]] = {}
        for file in files:
            entry = ManifestEntry.from_args(
                status=ManifestEntryStatus.ADDED,
                snapshot_id=self.snapshot_id,
                sequence_number=sequence,
                file_sequence_number=None,
                data_file=file,
            )
            groups.setdefault((content_of(file), file.spec_id), []).append(entry)
        return [
            self.manifest(kind, spec_id, entries) for (kind, spec_id), entries in groups.items()
        ]

    def without(self, manifest: ManifestFile, removed: set[str]) -> ManifestFile | None:
        """The manifest with some files marked deleted; itself when it lists none of them."""
        entries = self._lake.entries(manifest)
        if not any(entry.data_file.file_path in removed for entry in entries):
            return manifest
        return self.manifest(
            manifest.content,
            manifest.partition_spec_id,
            (
                self._as(entry, ManifestEntryStatus.DELETED)
                if entry.data_file.file_path in removed
                else self._as(entry, ManifestEntryStatus.EXISTING)
                for entry in entries
            ),
        )

    def _as(self, entry: ManifestEntry, status: ManifestEntryStatus) -> ManifestEntry:
        deleted = status == ManifestEntryStatus.DELETED
        return ManifestEntry.from_args(
            status=status,
            snapshot_id=self.snapshot_id if deleted else entry.snapshot_id,
            sequence_number=entry.sequence_number,
            file_sequence_number=entry.file_sequence_number,
            data_file=entry.data_file,
        )

    def merged(self, manifests: Sequence[ManifestFile]) -> list[ManifestFile]:
        """The manifests, with those of one kind and spec merged when they are many.

        A manifest of this snapshot stays alone: its entries inherit numbers not yet known.
        """
        groups: dict[tuple[ManifestContent, int], list[ManifestFile]] = {}
        kept: list[ManifestFile] = []
        for manifest in manifests:
            if manifest.added_snapshot_id == self.snapshot_id or manifest.deleted_files_count:
                kept.append(manifest)
            else:
                key = (manifest.content, manifest.partition_spec_id)
                groups.setdefault(key, []).append(manifest)
        for (kind, spec_id), group in groups.items():
            if len(group) < MERGE_COUNT:
                kept.extend(group)
                continue
            entries = [
                self._as(entry, ManifestEntryStatus.EXISTING)
                for manifest in group
                for entry in self._lake.entries(manifest)
            ]
            kept.append(self.manifest(kind, spec_id, entries))
        return kept

    def manifest_list(
        self, manifests: Sequence[ManifestFile], parent: int | None, sequence: int
    ) -> str:
        """Write the snapshot's manifest list and return its location."""
        location = self._location(f"snap-{self.snapshot_id}-1-{self._commit}.avro")
        output = self._lake.io.new_output(location)
        with _ListWriter(output, self.snapshot_id, parent, sequence, CODEC) as writer:
            listed = [writer.prepare_manifest(manifest) for manifest in manifests]
            writer.add_manifests(listed)
        self._lake.remember_manifests(location, listed)
        return location

    def discard(self) -> None:
        """Remove what was written: the commit did not happen."""
        for location in self.written:
            self._lake.store.delete(location)
        self.written.clear()


def is_live(manifest: ManifestFile) -> bool:
    """Whether a manifest still lists live files."""
    return manifest.has_added_files() or manifest.has_existing_files()
