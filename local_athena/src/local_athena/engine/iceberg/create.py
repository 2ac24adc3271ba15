"""CREATE TABLE and CREATE TABLE AS for Iceberg: the first metadata file and the catalog's entry.

An empty table has one empty snapshot, as Trino makes it; CREATE TABLE AS has one with its rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import update_table_metadata
from pyiceberg.types import IcebergType, NestedField

from local_athena.catalog.model import Table
from local_athena.engine.iceberg.commit import (
    Change,
    build_snapshot,
    metadata_location,
    new_snapshot_id,
    pointing,
    snapshot_updates,
)
from local_athena.engine.iceberg.lake import Lake
from local_athena.engine.iceberg.manifests import ManifestMaker
from local_athena.engine.iceberg.partitioning import build_spec, parse_partitioning
from local_athena.engine.iceberg.properties import to_iceberg
from local_athena.engine.iceberg.table import IcebergTable, load
from local_athena.engine.iceberg.types import from_glue, from_trino
from local_athena.engine.iceberg.write import Cursor, Target, write_rows
from local_athena.errors import AlreadyExistsError, InvalidUriError
from local_athena.sql import nodes
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Type

_WITH = frozenset({"table_type", "is_external", "location", "partitioning"})


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table about to be created: `columns` are (name, type, comment) in order."""

    database: str
    name: str
    location: str
    columns: Sequence[tuple[str, IcebergType, str | None]]
    partitioning: Sequence[tuple[str, str, int | None]] = ()
    properties: Mapping[str, str] | None = None
    comment: str | None = None


def described_by(statement: nodes.CreateTable, database: str, name: str) -> NewTable:
    """The table of a CREATE TABLE statement with 'table_type'='ICEBERG'.

    Raises:
        SqlError: a location is missing, a type or property is not allowed.
    """
    if statement.external:
        raise SqlError("NOT_SUPPORTED", "External keyword cannot be used with table type ICEBERG")
    if not statement.location:
        raise SqlError("INVALID_TABLE_PROPERTY", "LOCATION is required for table type ICEBERG")
    ids = count(1)
    columns = [
        (column.name.value.lower(), from_glue(column.type, ids), column.comment)
        for column in statement.columns
    ]
    partitioning = [
        (part.transform.lower(), part.column.value.lower(), part.argument)
        for part in statement.partition_transforms
    ]
    for column in statement.partition_columns:
        raise SqlError(
            "NOT_SUPPORTED",
            "partition columns of an Iceberg table are columns of the table: "
            f"PARTITIONED BY ({column.name.value}) without a type",
        )
    return NewTable(
        database,
        name,
        statement.location,
        columns,
        partitioning,
        to_iceberg(dict(statement.properties)),
        statement.comment,
    )


def described_by_with(
    database: str,
    name: str,
    columns: Sequence[tuple[str, Type]],
    properties: Iterable[tuple[str, Any]],
) -> NewTable:
    """The table of a CREATE TABLE AS with table_type = 'ICEBERG'.

    Raises:
        SqlError: location is missing, a type or property is not allowed.
    """
    given = {key.lower(): value for key, value in properties}
    if given.get("is_external") is True:
        raise SqlError("INVALID_TABLE_PROPERTY", "is_external must be false for table type ICEBERG")
    location = given.get("location")
    if not location:
        raise SqlError(
            "INVALID_TABLE_PROPERTY", "The location property is required for table type ICEBERG"
        )
    ids = count(1)
    partitioning = given.get("partitioning", ())
    rest = {key: str(value) for key, value in given.items() if key not in _WITH}
    return NewTable(
        database,
        name,
        str(location),
        [(column.lower(), from_trino(kind, ids), None) for column, kind in columns],
        [parse_partitioning(str(text)) for text in partitioning],
        to_iceberg(rest),
    )


def create(lake: Lake, new: NewTable) -> IcebergTable:
    """Create the table without rows.

    Raises:
        SqlError: TABLE_ALREADY_EXISTS.
    """
    return _register(lake, new, _new_metadata(lake, new), [])


def create_with_rows(
    lake: Lake, new: NewTable, cursor: Cursor, select: str
) -> tuple[IcebergTable, int, list[DataFile]]:
    """Create the table with the rows of a SELECT; returns it, their number and the new files.

    The SELECT gives the columns c0, c1, … in the engine's representation.

    Raises:
        SqlError: TABLE_ALREADY_EXISTS, or what writing fails with.
    """
    metadata = _new_metadata(lake, new)
    target = Target(lake, metadata, metadata.schema(), metadata.spec())
    files = write_rows(target, cursor, select)
    table = _register(lake, new, metadata, files)
    return table, sum(file.record_count for file in files), files


def _register(
    lake: Lake, new: NewTable, metadata: TableMetadata, files: list[DataFile]
) -> IcebergTable:
    """Write the first metadata with its snapshot, and add the table to the catalog."""
    change = Change("append", added=files)
    maker = ManifestMaker(lake, metadata, new_snapshot_id(metadata))
    snapshot = build_snapshot(lake, metadata, None, change, maker)
    metadata = update_table_metadata(metadata, snapshot_updates(snapshot))
    location = metadata_location(metadata, 0)
    ToOutputFile.table_metadata(metadata, lake.io.new_output(location), overwrite=True)
    entry = pointing(
        Table(new.database, new.name, description=new.comment, owner="hadoop"),
        metadata,
        location,
        None,
    )
    lake.store.settle()
    try:
        with lake.catalog.transaction():
            stored = lake.catalog.create_table(entry)
            lake.store.keep()
    except AlreadyExistsError:
        maker.discard()
        for uri in (location, *(file.file_path for file in files)):
            lake.store.delete(uri)
        raise SqlError(
            "TABLE_ALREADY_EXISTS", f"Destination table '{new.database}.{new.name}' already exists"
        ) from None
    lake.remember(location, metadata)
    return load(lake, stored)


def _new_metadata(lake: Lake, new: NewTable) -> TableMetadata:
    names = [name for name, _, _ in new.columns]
    for name in names:
        if names.count(name) > 1:
            raise SqlError(
                "DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once"
            )
    location = new.location.rstrip("/")
    try:
        lake.store.path(location + "/")
    except InvalidUriError as error:
        raise SqlError("INVALID_TABLE_PROPERTY", f"Location is not valid: {error}") from error
    numbers = count(1)
    schema = Schema(
        *(
            NestedField(next(numbers), name, kind, required=False, doc=comment)
            for name, kind, comment in new.columns
        )
    )
    # The first pass gives fresh ids; the spec is built on those.
    draft = new_table_metadata(
        schema, PartitionSpec(), UNSORTED_SORT_ORDER, location, {"format-version": "2"}
    )
    spec = build_spec(new.partitioning, draft.schema())
    return new_table_metadata(
        draft.schema(),
        spec,
        UNSORTED_SORT_ORDER,
        location,
        {"format-version": "2", **(new.properties or {})},
    )
