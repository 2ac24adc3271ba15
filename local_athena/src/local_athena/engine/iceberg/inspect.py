"""`"t$snapshots"` and its kin: tables about an Iceberg table, with Trino's columns.

Source: Trino's Iceberg connector ("Metadata tables") and the Athena user guide ("Querying Iceberg
table metadata"), November 2026.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestFile,
)
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import (
    IcebergType,
    PrimitiveType,
)

from local_athena.engine.iceberg.columns import quote_name
from local_athena.engine.iceberg.domains import bound_value
from local_athena.engine.iceberg.partition_table import partition_layout, partition_rows
from local_athena.engine.iceberg.planning import live_entries
from local_athena.engine.iceberg.properties import to_athena
from local_athena.engine.iceberg.table import IcebergTable
from local_athena.sql import types
from local_athena.sql.bound import TableColumn, TableHandle
from local_athena.sql.representation import constant, duckdb_type
from local_athena.sql.types import Field, Type

Rows = Iterator[tuple[Any, ...]]
_INSTANT = types.timestamp_tz(3)
_COUNTS = types.map_(types.INTEGER, types.BIGINT)
_BOUNDS = types.map_(types.INTEGER, types.VARCHAR)
_SUMMARY = types.row(
    Field("contains_null", types.BOOLEAN),
    Field("contains_nan", types.BOOLEAN),
    Field("lower_bound", types.VARCHAR),
    Field("upper_bound", types.VARCHAR),
)
_FILES: tuple[tuple[str, Type], ...] = (
    ("content", types.INTEGER),
    ("file_path", types.VARCHAR),
    ("file_format", types.VARCHAR),
    ("record_count", types.BIGINT),
    ("file_size_in_bytes", types.BIGINT),
    ("column_sizes", _COUNTS),
    ("value_counts", _COUNTS),
    ("null_value_counts", _COUNTS),
    ("nan_value_counts", _COUNTS),
    ("lower_bounds", _BOUNDS),
    ("upper_bounds", _BOUNDS),
    ("key_metadata", types.VARBINARY),
    ("split_offsets", types.array(types.BIGINT)),
    ("equality_ids", types.array(types.INTEGER)),
)
_ENTRIES: tuple[tuple[str, Type], ...] = (
    ("status", types.INTEGER),
    ("snapshot_id", types.BIGINT),
    ("sequence_number", types.BIGINT),
    ("file_sequence_number", types.BIGINT),
    ("data_file", types.row(*(Field(name, kind) for name, kind in _FILES))),
)
_LAYOUTS: dict[str, tuple[tuple[str, Type], ...]] = {
    "snapshots": (
        ("committed_at", _INSTANT),
        ("snapshot_id", types.BIGINT),
        ("parent_id", types.BIGINT),
        ("operation", types.VARCHAR),
        ("manifest_list", types.VARCHAR),
        ("summary", types.map_(types.VARCHAR, types.VARCHAR)),
    ),
    "history": (
        ("made_current_at", _INSTANT),
        ("snapshot_id", types.BIGINT),
        ("parent_id", types.BIGINT),
        ("is_current_ancestor", types.BOOLEAN),
    ),
    "files": _FILES,
    "manifests": (
        ("path", types.VARCHAR),
        ("length", types.BIGINT),
        ("partition_spec_id", types.INTEGER),
        ("added_snapshot_id", types.BIGINT),
        ("added_data_files_count", types.INTEGER),
        ("added_rows_count", types.BIGINT),
        ("existing_data_files_count", types.INTEGER),
        ("existing_rows_count", types.BIGINT),
        ("deleted_data_files_count", types.INTEGER),
        ("deleted_rows_count", types.BIGINT),
        ("partition_summaries", types.array(_SUMMARY)),
    ),
    "refs": (
        ("name", types.VARCHAR),
        ("type", types.VARCHAR),
        ("snapshot_id", types.BIGINT),
        ("max_reference_age_in_ms", types.BIGINT),
        ("min_snapshots_to_keep", types.INTEGER),
        ("max_snapshot_age_in_ms", types.BIGINT),
    ),
    "properties": (("key", types.VARCHAR), ("value", types.VARCHAR)),
    "metadata_log_entries": (
        ("timestamp", _INSTANT),
        ("file", types.VARCHAR),
        ("latest_snapshot_id", types.BIGINT),
        ("latest_schema_id", types.INTEGER),
        ("latest_sequence_number", types.BIGINT),
    ),
    "entries": _ENTRIES,
    "all_entries": _ENTRIES,
    "all_manifests": (
        ("path", types.VARCHAR),
        ("length", types.BIGINT),
        ("partition_spec_id", types.INTEGER),
        ("added_snapshot_id", types.BIGINT),
        ("added_data_files_count", types.INTEGER),
        ("existing_data_files_count", types.INTEGER),
        ("deleted_data_files_count", types.INTEGER),
        ("added_delete_files_count", types.INTEGER),
        ("existing_delete_files_count", types.INTEGER),
        ("deleted_delete_files_count", types.INTEGER),
        ("partition_summaries", types.array(_SUMMARY)),
        ("reference_snapshot_id", types.BIGINT),
    ),
}


@dataclass(frozen=True)
class AboutTable:
    """The `source` of a metadata table's handle."""

    columns: tuple[TableColumn, ...]
    rows: Callable[[], Rows]

    def sql(self) -> str:
        """DuckDB SQL of a relation with all rows."""
        names = ", ".join(quote_name(column.name) for column in self.columns)
        empty = ", ".join(f"CAST(NULL AS {duckdb_type(column.type)})" for column in self.columns)
        lines = [
            "("
            + ", ".join(
                _literal(value, column.type)
                for value, column in zip(row, self.columns, strict=True)
            )
            + ")"
            for row in self.rows()
        ]
        first = f"SELECT {empty} WHERE false"
        if lines:
            first += f" UNION ALL SELECT * FROM (VALUES {', '.join(lines)}) v"
        return f"(SELECT * FROM ({first}) t({names}))"


def _literal(value: Any, kind: Type) -> str:
    if value is None:
        return f"CAST(NULL AS {duckdb_type(kind)})"
    inner = kind.arguments
    if kind.base == "array":
        items = ", ".join(_literal(item, inner[0]) for item in value)  # type: ignore[arg-type]
        return f"CAST([{items}] AS {duckdb_type(kind)})"
    if kind.base == "map":
        pairs = sorted(value.items())
        keys = ", ".join(_literal(key, inner[0]) for key, _ in pairs)  # type: ignore[arg-type]
        values = ", ".join(_literal(one, inner[1]) for _, one in pairs)  # type: ignore[arg-type]
        return f"CAST(MAP([{keys}], [{values}]) AS {duckdb_type(kind)})"
    if kind.base == "row":
        parts = ", ".join(
            f"f{index} := {_literal(one, field.type)}"  # type: ignore[union-attr]
            for index, (one, field) in enumerate(zip(value, inner, strict=True))
        )
        return f"struct_pack({parts})"
    return constant(value, kind)


def about_table(table: IcebergTable, about: str) -> TableHandle | None:
    """The handle of `"table$about"`; None when there is no such metadata table."""
    makers: dict[str, Callable[[IcebergTable], Rows]] = {
        "snapshots": _snapshots,
        "history": _history,
        "files": _files,
        "manifests": _manifests,
        "refs": _refs,
        "properties": _properties,
        "metadata_log_entries": _metadata_log,
        "entries": _entries,
        "all_entries": _entries_ever,
        "all_manifests": _manifests_ever,
        "partitions": partition_rows,
    }
    if about not in makers:
        return None
    layout = partition_layout(table) if about == "partitions" else _LAYOUTS[about]
    columns = tuple(TableColumn(name, kind) for name, kind in layout)
    source = AboutTable(columns, lambda: makers[about](table))
    return TableHandle(
        table.table.database, f"{table.table.name}${about}", "system", columns, source
    )


def _instant(millis: int) -> tuple[int, str]:
    return millis * 1_000_000_000, "UTC"


def _snapshots(table: IcebergTable) -> Rows:
    for snapshot in table.metadata.snapshots:
        summary = snapshot.summary
        facts = dict(summary.additional_properties) if summary is not None else {}
        yield (
            _instant(snapshot.timestamp_ms),
            snapshot.snapshot_id,
            snapshot.parent_snapshot_id,
            summary.operation.value if summary is not None else None,
            snapshot.manifest_list,
            facts,
        )


def _ancestors(table: IcebergTable) -> set[int]:
    by_id = {snapshot.snapshot_id: snapshot for snapshot in table.metadata.snapshots}
    found: set[int] = set()
    number = table.metadata.current_snapshot_id
    while number is not None and number in by_id and number not in found:
        found.add(number)
        number = by_id[number].parent_snapshot_id
    return found


def _history(table: IcebergTable) -> Rows:
    parents = {s.snapshot_id: s.parent_snapshot_id for s in table.metadata.snapshots}
    ancestors = _ancestors(table)
    for entry in table.metadata.snapshot_log:
        yield (
            _instant(entry.timestamp_ms),
            entry.snapshot_id,
            parents.get(entry.snapshot_id),
            entry.snapshot_id in ancestors,
        )


def _all_entries(table: IcebergTable) -> Iterator[Any]:
    yield from live_entries(table, ManifestContent.DATA)
    yield from live_entries(table, ManifestContent.DELETES)


def _files(table: IcebergTable) -> Rows:
    for entry in _all_entries(table):
        yield _file_row(table, entry.data_file)


def _file_row(table: IcebergTable, file: DataFile) -> tuple[Any, ...]:
    return (
        int(file.content),
        file.file_path,
        file.file_format.value,
        file.record_count,
        file.file_size_in_bytes,
        file.column_sizes,
        file.value_counts,
        file.null_value_counts,
        file.nan_value_counts,
        _bounds(table, file.lower_bounds),
        _bounds(table, file.upper_bounds),
        file.key_metadata,
        file.split_offsets,
        file.equality_ids,
    )


def _bounds(table: IcebergTable, bounds: dict[int, bytes] | None) -> dict[int, str] | None:
    if bounds is None:
        return None
    found: dict[int, str] = {}
    for number, data in bounds.items():
        try:
            kind: IcebergType = table.schema.find_type(number)
        except ValueError:
            continue
        if isinstance(kind, PrimitiveType):
            found[number] = _human(kind, bound_value(kind, data))
    return found


def _human(kind: IcebergType, value: Any) -> str:
    return IdentityTransform().to_human_string(kind, value)


def _entries(table: IcebergTable) -> Rows:
    yield from _entry_rows(table, _all_entries(table))


def _entries_ever(table: IcebergTable) -> Rows:
    """Entries of every manifest that a snapshot names, each manifest once."""
    manifests = {
        manifest.manifest_path: manifest
        for snapshot in table.metadata.snapshots
        for manifest in table.lake.manifests(snapshot.manifest_list)
    }
    entries = (entry for one in manifests.values() for entry in table.lake.entries(one))
    yield from _entry_rows(table, entries)


def _entry_rows(table: IcebergTable, entries: Iterable[ManifestEntry]) -> Rows:
    for entry in entries:
        yield (
            int(entry.status),
            entry.snapshot_id,
            entry.sequence_number,
            entry.file_sequence_number,
            _file_row(table, entry.data_file),
        )


def _manifests(table: IcebergTable) -> Rows:
    if table.snapshot is None:
        return
    for manifest in table.lake.manifests(table.snapshot.manifest_list):
        yield (
            manifest.manifest_path,
            manifest.manifest_length,
            manifest.partition_spec_id,
            manifest.added_snapshot_id,
            manifest.added_files_count,
            manifest.added_rows_count,
            manifest.existing_files_count,
            manifest.existing_rows_count,
            manifest.deleted_files_count,
            manifest.deleted_rows_count,
            _partition_summaries(table, manifest),
        )


def _manifests_ever(table: IcebergTable) -> Rows:
    """Every snapshot's manifests, of data and of deletes."""
    for snapshot in table.metadata.snapshots:
        for manifest in table.lake.manifests(snapshot.manifest_list):
            counts = (
                manifest.added_files_count,
                manifest.existing_files_count,
                manifest.deleted_files_count,
            )
            none = (0, 0, 0)
            of_data = manifest.content == ManifestContent.DATA
            yield (
                manifest.manifest_path,
                manifest.manifest_length,
                manifest.partition_spec_id,
                manifest.added_snapshot_id,
                *(counts if of_data else none),
                *(none if of_data else counts),
                _partition_summaries(table, manifest),
                snapshot.snapshot_id,
            )


def _partition_summaries(table: IcebergTable, manifest: ManifestFile) -> list[tuple[Any, ...]]:
    spec = table.metadata.specs()[manifest.partition_spec_id]
    kinds = [part.field_type for part in spec.partition_type(table.schema).fields]
    summaries = []
    for summary, part, kind in zip(manifest.partitions or (), spec.fields, kinds, strict=False):
        texts = [
            None if data is None else part.transform.to_human_string(kind, from_bytes(kind, data))  # type: ignore[arg-type]
            for data in (summary.lower_bound, summary.upper_bound)
        ]
        summaries.append((summary.contains_null, summary.contains_nan, *texts))
    return summaries


def _refs(table: IcebergTable) -> Rows:
    for name, ref in table.metadata.refs.items():
        yield (
            name,
            ref.snapshot_ref_type.value.upper(),
            ref.snapshot_id,
            ref.max_ref_age_ms,
            ref.min_snapshots_to_keep,
            ref.max_snapshot_age_ms,
        )


def _properties(table: IcebergTable) -> Rows:
    yield from sorted({**to_athena(table.metadata), **table.metadata.properties}.items())


def _metadata_log(table: IcebergTable) -> Rows:
    log = [(entry.timestamp_ms, entry.metadata_file) for entry in table.metadata.metadata_log]
    log.append((table.metadata.last_updated_ms, table.metadata_location))
    snapshots = {s.snapshot_id: s for s in table.metadata.snapshots}
    for millis, location in log:
        before = [e for e in table.metadata.snapshot_log if e.timestamp_ms <= millis]
        snapshot = snapshots.get(before[-1].snapshot_id) if before else None
        yield (
            _instant(millis),
            location,
            snapshot.snapshot_id if snapshot else None,
            snapshot.schema_id if snapshot else None,
            snapshot.sequence_number if snapshot else None,
        )
