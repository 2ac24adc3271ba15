"""Commits: metadata written first, the catalog's pointer moved last, by compare-and-swap.

A change that raced with others is validated against what they did and tried again on the fresh
metadata, as Iceberg does; the loser of a real conflict gets Athena's ICEBERG_COMMIT_ERROR. Rules:
Iceberg's SnapshotProducer, BaseRowDelta and BaseRewriteFiles with serializable isolation.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from pyiceberg.manifest import DataFile, DataFileContent, ManifestContent, ManifestEntry
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRefType
from pyiceberg.table.snapshots import (
    Operation,
    Snapshot,
    SnapshotSummaryCollector,
    Summary,
    update_snapshot_summaries,
)
from pyiceberg.table.update import (
    AddSnapshotUpdate,
    SetSnapshotRefUpdate,
    TableUpdate,
    update_table_metadata,
)

from local_athena.catalog.model import Column, Serde, Table
from local_athena.engine.contract import USER, QueryFailed
from local_athena.engine.iceberg.domains import (
    Restrictions,
    file_may_match,
    partition_may_match,
    partition_restrictions,
)
from local_athena.engine.iceberg.lake import Lake
from local_athena.engine.iceberg.manifests import ManifestMaker, is_live
from local_athena.engine.iceberg.planning import only_path, partition_key
from local_athena.engine.iceberg.table import IcebergTable, load
from local_athena.engine.iceberg.types import to_glue
from local_athena.errors import ConcurrentModificationError, EntityNotFoundError
from local_athena.sql.errors import SqlError

_ATTEMPTS = 20
_SUMMARY_PARTITIONS = 0


@dataclass(frozen=True)
class Change:
    """What a statement does to a table's files, planned against `IcebergTable`.

    `kind`: `append` adds rows; `rows` (DELETE, UPDATE, MERGE) read the table to decide; `rewrite`
    keeps the rows as they are. `restrictions` are what the statement read: a concurrent file that
    may hold such rows is a conflict for `rows`.
    """

    kind: str
    added: Sequence[DataFile] = ()
    removed: Sequence[ManifestEntry] = ()
    restrictions: Restrictions = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    sequence: int | None = None
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def operation(self) -> Operation:
        """Iceberg's name of it, as Trino's Iceberg connector chooses."""
        if self.kind == "rewrite":
            return Operation.REPLACE
        data = any(file.content == DataFileContent.DATA for file in self.added)
        deletes = len(self.added) > 0 and any(
            file.content != DataFileContent.DATA for file in self.added
        )
        if data and not deletes and not self.removed:
            return Operation.APPEND
        if not data and (deletes or self.removed):
            return Operation.DELETE
        return Operation.OVERWRITE if (data or deletes) else Operation.APPEND


def commit_error(name: str) -> QueryFailed:
    """Athena's answer to the loser of a conflict (error catalog: type 233, Iceberg)."""
    return QueryFailed(
        "ICEBERG_COMMIT_ERROR",
        f"Failed to commit Iceberg update to table: {name}",
        category=USER,
        error_type=233,
        retryable=True,
    )


def commit_change(table: IcebergTable, change: Change) -> IcebergTable:
    """Make a snapshot of the change; returns the table after it.

    Raises:
        QueryFailed: ICEBERG_COMMIT_ERROR, another writer changed what this one read.
    """

    def attempt(current: IcebergTable) -> tuple[tuple[TableUpdate, ...], Callable[[], None]]:
        if current.metadata.format_version != 2:
            raise SqlError(
                "NOT_SUPPORTED",
                f"writing Iceberg tables of format version {current.metadata.format_version} is "
                f"not supported: {table.name}",
            )
        if current.snapshot is not None and (
            table.snapshot is None or current.snapshot.snapshot_id != table.snapshot.snapshot_id
        ):
            _validate(table, current, change)
        return _snapshot_updates(current, change)

    try:
        return commit_updates(table, attempt)
    except (QueryFailed, SqlError):
        for file in change.added:
            table.lake.store.delete(file.file_path)
        raise


def commit_updates(
    table: IcebergTable,
    attempt: Callable[[IcebergTable], tuple[tuple[TableUpdate, ...], Callable[[], None]]],
    unneeded: Callable[[TableMetadata, TableMetadata], set[str]] = lambda old, new: set(),
) -> IcebergTable:
    """Apply metadata updates, made anew from the fresh table for each attempt.

    `attempt` gives the updates and what undoes the files it wrote for them. `unneeded` are files
    that the old metadata needs and the new does not: they are removed after the commit.

    Raises:
        QueryFailed: ICEBERG_COMMIT_ERROR, as `attempt` or the catalog decides.
    """
    lake = table.lake
    with lake.commit_lock(str(table.metadata.table_uuid)):
        current = table
        for _ in range(_ATTEMPTS):
            current = _fresh(table)
            updates, undo = attempt(current)
            if not updates:
                return current
            metadata = update_table_metadata(
                current.metadata, updates, metadata_location=current.metadata_location
            )
            location = _next_location(current)
            gone = unneeded(current.metadata, metadata)
            try:
                ToOutputFile.table_metadata(metadata, lake.io.new_output(location), overwrite=True)
                lake.store.settle()
                with lake.catalog.transaction():
                    stored = lake.catalog.update_table(
                        pointing(current.table, metadata, location, current.metadata_location),
                        expected_version=current.table.version_id,
                    )
                    lake.store.keep()
                    lake.store.doom(gone)
            except (ConcurrentModificationError, EntityNotFoundError):
                undo()
                lake.store.delete(location)
                continue
            lake.remember(location, metadata)
            for uri in gone:
                lake.store.delete(uri)
            return load(lake, stored)
    raise commit_error(table.name)


def _fresh(table: IcebergTable) -> IcebergTable:
    """The table as it is now, unless it is another one by now."""
    try:
        entry = table.lake.catalog.get_table(table.table.database, table.table.name)
    except EntityNotFoundError:
        raise commit_error(table.name) from None
    if entry.kind != "iceberg":
        raise commit_error(table.name)
    current = load(table.lake, entry)
    if current.metadata.table_uuid != table.metadata.table_uuid:
        raise commit_error(table.name)
    return current


def _next_location(table: IcebergTable) -> str:
    name = table.metadata_location.rsplit("/", 1)[-1]
    digits = name.split("-", 1)[0]
    version = int(digits) + 1 if digits.isdigit() else 1
    return metadata_location(table.metadata, version)


def metadata_location(metadata: TableMetadata, version: int) -> str:
    """Where a new metadata file goes."""
    return f"{metadata.location.rstrip('/')}/metadata/{version:05d}-{uuid4()}.metadata.json"


def pointing(table: Table, metadata: TableMetadata, location: str, previous: str | None) -> Table:
    """The catalog's entry that points at a metadata file, its columns as Athena keeps them."""
    parameters = {
        **table.parameters,
        "table_type": "ICEBERG",
        "metadata_location": location,
    }
    if previous is not None:
        parameters["previous_metadata_location"] = previous
    comments = {column.name: column.comment for column in table.columns}
    columns = tuple(
        Column(
            found.name.lower(),
            to_glue(found.field_type),
            found.doc or comments.get(found.name.lower()),
            {
                "iceberg.field.current": "true",
                "iceberg.field.id": str(found.field_id),
                "iceberg.field.optional": "false" if found.required else "true",
            },
        )
        for found in metadata.schema().fields
    )
    return replace(
        table,
        columns=columns,
        partition_keys=(),
        location=metadata.location,
        parameters=parameters,
        serde=table.serde or Serde(),
    )


def new_snapshot_id(metadata: TableMetadata) -> int:
    """A random positive id that no snapshot has."""
    taken = {snapshot.snapshot_id for snapshot in metadata.snapshots}
    while True:
        number = random.SystemRandom().randrange(1 << 52, (1 << 63) - 1)
        if number not in taken:
            return number


def _snapshot_updates(
    current: IcebergTable, change: Change
) -> tuple[tuple[TableUpdate, ...], Callable[[], None]]:
    metadata = current.metadata
    maker = ManifestMaker(current.lake, metadata, new_snapshot_id(metadata))
    snapshot = build_snapshot(current.lake, metadata, current.snapshot, change, maker)
    return snapshot_updates(snapshot), maker.discard


def snapshot_updates(snapshot: Snapshot) -> tuple[TableUpdate, ...]:
    """The updates that add a snapshot and make it the current one."""
    return (
        AddSnapshotUpdate(snapshot=snapshot),
        SetSnapshotRefUpdate.model_validate(
            {
                "ref-name": MAIN_BRANCH,
                "type": SnapshotRefType.BRANCH,
                "snapshot-id": snapshot.snapshot_id,
            }
        ),
    )


def build_snapshot(
    lake: Lake,
    metadata: TableMetadata,
    parent: Snapshot | None,
    change: Change,
    maker: ManifestMaker,
) -> Snapshot:
    """Write the manifests of a change on top of `parent` and describe the snapshot."""
    removed = {entry.data_file.file_path for entry in change.removed}
    carried = []
    if parent is not None:
        for manifest in lake.manifests(parent.manifest_list):
            kept = maker.without(manifest, removed) if removed else manifest
            if kept is not None and (kept is not manifest or is_live(kept)):
                carried.append(kept)
    manifests = [*maker.added(change.added, change.sequence), *maker.merged(carried)]
    sequence = metadata.next_sequence_number()
    parent_id = parent.snapshot_id if parent is not None else None
    location = maker.manifest_list(manifests, parent_id, sequence)
    return Snapshot.model_validate(
        {
            "snapshot-id": maker.snapshot_id,
            "parent-snapshot-id": parent_id,
            "sequence-number": sequence,
            "timestamp-ms": _timestamp(lake, metadata),
            "manifest-list": location,
            "summary": _summary(metadata, parent, change),
            "schema-id": metadata.current_schema_id,
        }
    )


def _timestamp(lake: Lake, metadata: TableMetadata) -> int:
    """Now in milliseconds, later than every snapshot so far."""
    now = int(lake.clock().timestamp() * 1000)
    last = max((snapshot.timestamp_ms for snapshot in metadata.snapshots), default=0)
    return max(now, last + 1, metadata.last_updated_ms)


def _summary(metadata: TableMetadata, parent: Snapshot | None, change: Change) -> Summary:
    collector = SnapshotSummaryCollector(partition_summary_limit=_SUMMARY_PARTITIONS)
    schema, specs = metadata.schema(), metadata.specs()
    for file in change.added:
        collector.add_file(file, schema, specs[file.spec_id])
    for entry in change.removed:
        collector.remove_file(entry.data_file, schema, specs[entry.data_file.spec_id])
    operation = change.operation
    counted = Operation.OVERWRITE if operation == Operation.REPLACE else operation
    changed = {partition_key(file) for file in change.added}
    changed |= {partition_key(entry.data_file) for entry in change.removed}
    facts: dict[str, Any] = {
        **collector.build(),
        "changed-partition-count": str(len(changed)),
        **change.properties,
    }
    summary = update_snapshot_summaries(
        Summary(operation=counted, **facts),
        parent.summary if parent is not None and parent.summary is not None else None,
    )
    if operation == Operation.REPLACE:
        return Summary(operation=operation, **summary.additional_properties)
    return summary


def _validate(base: IcebergTable, current: IcebergTable, change: Change) -> None:
    """Compare what the statement read with what others committed since.

    Raises:
        QueryFailed: ICEBERG_COMMIT_ERROR.
    """
    if change.kind == "append":
        return
    since = base.snapshot.sequence_number or 0 if base.snapshot is not None else 0
    live: set[str] = set()
    if current.snapshot is None:
        if base.snapshot is None:
            return
        raise commit_error(base.name)
    touched = change.touched | {entry.data_file.file_path for entry in change.removed}
    specs = current.metadata.specs()
    by_spec = {
        number: partition_restrictions(change.restrictions, spec, base.schema)
        for number, spec in specs.items()
    }
    for manifest in current.lake.manifests(current.snapshot.manifest_list):
        for entry in current.lake.entries(manifest):
            file = entry.data_file
            live.add(file.file_path)
            if (entry.file_sequence_number or entry.sequence_number or 0) <= since:
                continue
            if manifest.content == ManifestContent.DELETES:
                if _concerns(file, touched, change, by_spec[file.spec_id]):
                    raise commit_error(base.name)
            elif (
                change.kind == "rows"
                and partition_may_match(file.partition, by_spec[file.spec_id])
                and file_may_match(file, change.restrictions, base.schema)
            ):
                raise commit_error(base.name)
    if not touched <= live:
        raise commit_error(base.name)


def _concerns(
    delete: DataFile, touched: frozenset[str] | set[str], change: Change, partition: Any
) -> bool:
    """Whether a concurrent delete file may concern rows that this change read or rewrote."""
    path = only_path(delete)
    if path is not None:
        return path in touched
    return partition_may_match(delete.partition, partition) and (
        change.kind == "rows" or bool(touched)
    )
