"""An Iceberg table as a statement sees it: one version of its metadata, held still.

`IcebergTable` is the `source` of a table's handle. A statement plans and commits against the same
version, whatever other writers do meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pyiceberg.exceptions import ValidationError
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.transforms import IdentityTransform

from local_athena.catalog.model import Table
from local_athena.engine.iceberg.lake import Lake
from local_athena.engine.iceberg.types import to_trino
from local_athena.engine.job import Job
from local_athena.errors import StorageError
from local_athena.sql import types
from local_athena.sql.bound import TableColumn, TableHandle
from local_athena.sql.errors import SqlError

PATH = "$path"
FILE_TIME = "$file_modified_time"
PARTITION = "$partition"
HIDDEN = (
    TableColumn(PATH, types.VARCHAR, hidden=True),
    TableColumn(FILE_TIME, types.timestamp_tz(3), hidden=True),
    TableColumn(PARTITION, types.VARCHAR, hidden=True),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class IcebergTable:
    """A table at one version of its metadata and one snapshot (None: it has no rows yet).

    `schema` is the one to read with: the snapshot's in time travel (then `pinned`), else the
    current one.
    """

    lake: Lake
    table: Table
    metadata_location: str
    metadata: TableMetadata
    snapshot: Snapshot | None
    schema: Schema
    pinned: bool = False

    @property
    def name(self) -> str:
        """`database.table`."""
        return f"{self.table.database}.{self.table.name}"

    @property
    def spec(self) -> PartitionSpec:
        """How new files are partitioned."""
        return self.metadata.spec()


def lake_of(job: Job) -> Lake:
    """The lake of the job's engine, with what it remembers."""
    return job.lake


def load(lake: Lake, table: Table) -> IcebergTable:
    """The table as its catalog entry points at it.

    Raises:
        SqlError: ICEBERG_INVALID_METADATA when the entry points nowhere, or to something else;
            ICEBERG_MISSING_METADATA when the file is gone; NOT_SUPPORTED for a format
            version that cannot be read.
    """
    location = table.parameters.get("metadata_location")
    if not location:
        raise SqlError(
            "ICEBERG_INVALID_METADATA",
            f"Table is missing [metadata_location] property: {table.database}.{table.name}",
        )
    try:
        metadata = lake.table_metadata(location)
    except FileNotFoundError:
        raise SqlError(
            "ICEBERG_MISSING_METADATA",
            f"Metadata not found in metadata location for table {table.database}.{table.name}",
        ) from None
    except (StorageError, ValidationError, ValueError) as error:  # not in S3, or no table metadata
        raise SqlError(
            "ICEBERG_INVALID_METADATA",
            f"Invalid metadata file for table {table.database}.{table.name}: {location}",
        ) from error
    if metadata.format_version > 2:
        raise SqlError(
            "NOT_SUPPORTED",
            f"Iceberg format version {metadata.format_version} is not supported: "
            f"{table.database}.{table.name}",
        )
    return IcebergTable(
        lake, table, location, metadata, metadata.current_snapshot(), metadata.schema()
    )


def handle_of(source: IcebergTable) -> TableHandle:
    """The handle that binding and scans work with."""
    partitioned = {
        field.source_id
        for field in source.spec.fields
        if isinstance(field.transform, IdentityTransform)
    }
    columns = tuple(
        TableColumn(
            field.name.lower(),
            to_trino(field.field_type),
            partition_key=field.field_id in partitioned,
        )
        for field in source.schema.fields
    )
    return TableHandle(
        source.table.database, source.table.name, "iceberg", (*columns, *HIDDEN), source
    )


def source_of(handle: TableHandle) -> IcebergTable:
    """The Iceberg table behind a handle."""
    source = handle.source
    if not isinstance(source, IcebergTable):
        raise SqlError("NOT_SUPPORTED", f"not an Iceberg table: {handle.database}.{handle.name}")
    return source


def at_snapshot(source: IcebergTable, snapshot_id: int) -> IcebergTable:
    """The table as of a snapshot, with the schema it had then.

    Raises:
        SqlError: INVALID_ARGUMENTS when there is no such snapshot.
    """
    snapshot = source.metadata.snapshot_by_id(snapshot_id)
    if snapshot is None:
        raise SqlError("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {snapshot_id}")
    schemas = {schema.schema_id: schema for schema in source.metadata.schemas}
    schema = source.schema
    if snapshot.schema_id is not None:
        schema = schemas.get(snapshot.schema_id, schema)
    return replace(source, snapshot=snapshot, schema=schema, pinned=True)


def at_version(source: IcebergTable, kind: str, value: Any) -> IcebergTable:
    """The table FOR VERSION AS OF a snapshot id or a ref's name, or FOR TIMESTAMP AS OF an instant.

    `kind` is `version` or `timestamp`; an instant is a datetime (UTC where it has no zone).

    Raises:
        SqlError: INVALID_ARGUMENTS when there was no such version.
    """
    if kind == "version":
        if isinstance(value, int):
            return at_snapshot(source, value)
        ref = source.metadata.refs.get(str(value))
        if ref is None:
            raise SqlError(
                "INVALID_ARGUMENTS", f"Cannot find snapshot with reference name: {value}"
            )
        return at_snapshot(source, ref.snapshot_id)
    instant = value if value.tzinfo else value.replace(tzinfo=UTC)
    millis = (instant - _EPOCH) // timedelta(milliseconds=1)
    earlier = [entry for entry in source.metadata.snapshot_log if entry.timestamp_ms <= millis]
    if not earlier:
        text = instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
        raise SqlError(
            "INVALID_ARGUMENTS", f"No version history table {source.name} at or before {text}"
        )
    return at_snapshot(source, earlier[-1].snapshot_id)
