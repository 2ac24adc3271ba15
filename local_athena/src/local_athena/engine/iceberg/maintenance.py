"""OPTIMIZE, VACUUM and DROP TABLE.

Athena user guide, "Optimize Iceberg tables": OPTIMIZE bin-packs small files and applies deletes;
VACUUM expires snapshots by age and number, then removes files that no snapshot needs.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from urllib.parse import unquote

from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntry
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.update import (
    RemoveSnapshotsUpdate,
    TableUpdate,
)

from local_athena.catalog.model import Table
from local_athena.engine.iceberg import properties
from local_athena.engine.iceberg.commit import Change, commit_change, commit_updates
from local_athena.engine.iceberg.dml import Read, files_matching
from local_athena.engine.iceberg.lake import Lake
from local_athena.engine.iceberg.planning import PlannedFile, live_entries, partition_key
from local_athena.engine.iceberg.rows import all_files, target_of
from local_athena.engine.iceberg.scan import plan_table
from local_athena.engine.iceberg.table import IcebergTable, load, source_of
from local_athena.engine.iceberg.write import MAX_PARTITIONS, Cursor, write_rows
from local_athena.errors import EntityNotFoundError
from local_athena.sql.bound import BoundDelete
from local_athena.sql.errors import SqlError

_ORPHAN_AGE = timedelta(days=3)


def optimize(cursor: Cursor, read: Read, statement: BoundDelete) -> list[DataFile]:
    """OPTIMIZE … REWRITE DATA USING BIN_PACK; the WHERE stands as a DELETE's. New files returned.

    Raises:
        SqlError: NOT_SUPPORTED when WHERE is not on partition columns alone.
        QueryFailed: ICEBERG_COMMIT_ERROR.
    """
    table = source_of(statement.scan.handle)
    files = files_matching(cursor, read, statement.scan, statement.where)
    if files is None:
        raise SqlError(
            "NOT_SUPPORTED",
            "Unexpected FilterNode found in plan; probably connector was not able to handle "
            "provided WHERE expression",
        )
    return rewrite_files(table, cursor, files)


def rewrite_files(
    table: IcebergTable, cursor: Cursor, files: Sequence[PlannedFile]
) -> list[DataFile]:
    """Rewrite what is worth it, partition by partition, in one snapshot."""
    chosen = _chosen(table, files)
    if not chosen:
        return []
    groups: dict[object, list[PlannedFile]] = {}
    for planned in chosen:
        groups.setdefault(partition_key(planned.file), []).append(planned)
    names = [field.name.lower() for field in table.metadata.schema().fields]
    added: list[DataFile] = []
    parts = list(groups.values())
    for start in range(0, len(parts), MAX_PARTITIONS):
        batch = [planned for group in parts[start : start + MAX_PARTITIONS] for planned in group]
        scan = plan_table(table, files=batch)
        added += write_rows(target_of(table), cursor, f"SELECT * FROM {scan.sql}", names)
    change = Change(
        "rewrite",
        added=added,
        removed=[*(planned.entry for planned in chosen), *_finished_deletes(table, chosen)],
        sequence=table.snapshot.sequence_number if table.snapshot else None,
    )
    commit_change(table, change)
    return added


def _chosen(table: IcebergTable, files: Sequence[PlannedFile]) -> list[PlannedFile]:
    """Files too small or too large, with deletes, or of an older spec; a lone good one stays."""
    small = properties.number(table.metadata, properties.MIN_FILE)
    large = properties.number(table.metadata, properties.MAX_FILE)
    groups: dict[object, list[PlannedFile]] = {}
    for planned in files:
        groups.setdefault(partition_key(planned.file), []).append(planned)
    found: list[PlannedFile] = []
    for group in groups.values():
        misfits = [
            planned for planned in group if not small <= planned.file.file_size_in_bytes <= large
        ]
        misfits = misfits if len(misfits) > 1 else []
        chosen = {id(planned) for planned in misfits}
        found += [
            planned
            for planned in group
            if id(planned) in chosen
            or planned.position_deletes
            or planned.equality_deletes
            or planned.file.spec_id != table.metadata.default_spec_id
            or planned.file.file_size_in_bytes > large
        ]
    return found


def _finished_deletes(table: IcebergTable, rewritten: Sequence[PlannedFile]) -> list[ManifestEntry]:
    """Delete files that concern no data file any more once these are rewritten."""
    gone = {planned.file.file_path for planned in rewritten}
    used: set[str] = set()
    for planned in all_files(table):
        if planned.file.file_path not in gone:
            used.update(d.file_path for d in planned.position_deletes)
            used.update(d.file_path for d in planned.equality_deletes)
    return [
        entry
        for entry in live_entries(table, ManifestContent.DELETES)
        if entry.data_file.file_path not in used
    ]


def vacuum(lake: Lake, table: IcebergTable) -> None:
    """Expire old snapshots, then remove files that nothing refers to.

    Raises:
        QueryFailed: ICEBERG_COMMIT_ERROR.
    """

    def unneeded(old: TableMetadata, new: TableMetadata) -> set[str]:
        return _referenced(lake, old.snapshots) - _referenced(lake, new.snapshots)

    current = commit_updates(table, lambda fresh: (_expiring(lake, fresh), lambda: None), unneeded)
    kept = _referenced(lake, current.metadata.snapshots)
    kept |= {entry.metadata_file for entry in current.metadata.metadata_log}
    kept.add(current.metadata_location)
    _remove_orphans(lake, current, kept)


def _expiring(lake: Lake, table: IcebergTable) -> tuple[TableUpdate, ...]:
    """The update that removes snapshots too old and too many."""
    age = properties.number(table.metadata, properties.SNAPSHOT_AGE)
    keep = properties.number(table.metadata, properties.KEEP_SNAPSHOTS)
    oldest = int(lake.clock().timestamp() * 1000) - age * 1000
    by_id = {snapshot.snapshot_id: snapshot for snapshot in table.metadata.snapshots}
    line: list[Snapshot] = []
    number = table.metadata.current_snapshot_id
    while number is not None and number in by_id:
        line.append(by_id[number])
        number = by_id[number].parent_snapshot_id
    kept = {ref.snapshot_id for ref in table.metadata.refs.values()}
    kept |= {snapshot.snapshot_id for snapshot in line[: max(keep, 1)]}
    expired = [
        snapshot.snapshot_id
        for snapshot in table.metadata.snapshots
        if snapshot.timestamp_ms < oldest and snapshot.snapshot_id not in kept
    ]
    if not expired:
        return ()
    return (RemoveSnapshotsUpdate.model_validate({"snapshot-ids": expired}),)


def _referenced(lake: Lake, snapshots: Iterable[Snapshot]) -> set[str]:
    """Every manifest list, manifest, data and delete file that the snapshots need."""
    found: set[str] = set()
    for snapshot in snapshots:
        found.add(snapshot.manifest_list)
        for manifest in lake.manifests(snapshot.manifest_list):
            if manifest.manifest_path not in found:
                found.add(manifest.manifest_path)
                found.update(entry.data_file.file_path for entry in lake.entries(manifest))
    return found


def _remove_orphans(lake: Lake, table: IcebergTable, kept: set[str]) -> None:
    """Remove files below the table's location that no metadata names and no writer still makes."""
    newest = (lake.clock() - _ORPHAN_AGE).timestamp() * 1e9
    location = table.metadata.location.rstrip("/")
    names = kept | {unquote(uri) for uri in kept}
    for folder in ("data", "metadata"):
        for found in list(lake.store.list(f"{location}/{folder}/")):
            if found.uri not in names and found.modified_ns < newest:
                lake.store.delete(found.uri)


def drop(lake: Lake, table: Table) -> None:
    """Remove the catalog's entry, then the table's data and metadata (Athena: DROP TABLE)."""
    location: str | None = None
    files: set[str] = set()
    try:
        current = load(lake, table)
        location = current.metadata.location.rstrip("/") + "/"
        files = _referenced(lake, current.metadata.snapshots)
    except (SqlError, OSError):
        location = None
    if location is not None:
        for folder in ("data/", "metadata/"):
            files.update(found.uri for found in lake.store.list(location + folder))
    try:
        with lake.catalog.transaction():
            lake.catalog.drop_table(table.database, table.name)
            lake.store.doom(files)
    except EntityNotFoundError:
        return
    for uri in files:
        lake.store.delete(uri)
