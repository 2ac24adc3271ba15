"""Iceberg v2 tables as Athena engine v3 makes them: read, written, committed, maintained.

Metadata is PyIceberg's, data is computed by DuckDB on plain Parquet files, the pointer is in the
Glue catalog. From the bottom up:

    types, columns, literals     one value on its three sides: Trino, Iceberg, DuckDB
    io, lake                     file access; what never changes kept in memory
    table, versions              a table at one version of its metadata
    domains, needs, planning     which files a read needs, which deletes apply
    scan, scanned, sources       a read as DuckDB SQL, and what it costs
    partitioning, statistics, write, deletes, properties   new files
    manifests, commit            snapshots, and the race for the pointer
    create, rows, dml, alter, maintenance   the statements
    inspect, partition_table     metadata tables
"""

from typing import Any

from local_athena.catalog.model import Table
from local_athena.engine.answer import WriteAnswer
from local_athena.engine.iceberg import create as _create
from local_athena.engine.iceberg import dml, maintenance
from local_athena.engine.iceberg.alter import alter
from local_athena.engine.iceberg.commit import commit_error
from local_athena.engine.iceberg.dml import Read
from local_athena.engine.iceberg.inspect import about_table
from local_athena.engine.iceberg.partitioning import athena_text
from local_athena.engine.iceberg.properties import to_athena
from local_athena.engine.iceberg.sources import plan_scan
from local_athena.engine.iceberg.table import IcebergTable, at_version, handle_of, lake_of, load
from local_athena.engine.iceberg.versions import version_value
from local_athena.engine.iceberg.write import Cursor
from local_athena.engine.job import Job
from local_athena.sql import nodes
from local_athena.sql.bound import (
    BoundCreateTableAs,
    BoundDelete,
    BoundExpression,
    TableHandle,
)

__all__ = [
    "IcebergTable",
    "Read",
    "alter",
    "commit_error",
    "create_table",
    "create_table_as",
    "delete",
    "drop",
    "insert",
    "merge",
    "metadata_table",
    "optimize",
    "partitioning_of",
    "plan_scan",
    "properties_of",
    "resolve",
    "resolve_version",
    "update",
    "vacuum",
]

delete = dml.delete
insert = dml.insert
merge = dml.merge
update = dml.update


def resolve(job: Job, table: Table) -> TableHandle:
    """The handle of an Iceberg table at its current version.

    Raises:
        SqlError: its metadata is missing or of a version that is not read.
    """
    return handle_of(load(lake_of(job), table))


def resolve_version(
    job: Job, handle: TableHandle, version: tuple[str, BoundExpression]
) -> TableHandle:
    """The handle FOR VERSION or TIMESTAMP AS OF, with the columns of then.

    Raises:
        SqlError: INVALID_ARGUMENTS when there was no such version; NOT_SUPPORTED for other tables.
    """
    if not isinstance(handle.source, IcebergTable):
        raise _unversioned()
    kind, expression = version
    return handle_of(at_version(handle.source, kind, version_value(job, expression)))


def _unversioned() -> Exception:
    from local_athena.sql.errors import SqlError

    return SqlError("NOT_SUPPORTED", "This connector does not support versioned tables")


def metadata_table(job: Job, table: Table, about: str) -> TableHandle | None:
    """The handle of `"table$about"`; None when there is no such metadata table."""
    return about_table(load(lake_of(job), table), about)


def create_table(job: Job, statement: nodes.CreateTable) -> None:
    """CREATE TABLE … TBLPROPERTIES ('table_type'='ICEBERG').

    Raises:
        SqlError: a location, type or property that is not allowed; TABLE_ALREADY_EXISTS.
    """
    database, name = job.qualify(statement.table)
    _create.create(lake_of(job), _create.described_by(statement, database, name))


def create_table_as(
    job: Job, cursor: Cursor, read: Read, database: str, name: str, statement: BoundCreateTableAs
) -> WriteAnswer:
    """CREATE TABLE … WITH (table_type = 'ICEBERG', …) AS.

    Raises:
        SqlError: as `create_table`, or what the query fails with.
    """
    columns = [
        (column, output.type)
        for column, output in zip(statement.names, statement.query.columns, strict=True)
    ]
    new = _create.described_by_with(database, name, columns, statement.properties)
    _, count, files = _create.create_with_rows(lake_of(job), new, cursor, read(statement.query))
    return WriteAnswer(count, output_bytes=sum(file.file_size_in_bytes for file in files))


def optimize(cursor: Cursor, read: Read, statement: BoundDelete) -> WriteAnswer:
    """OPTIMIZE … REWRITE DATA USING BIN_PACK [WHERE …], bound as a DELETE of that WHERE."""
    maintenance.optimize(cursor, read, statement)
    return WriteAnswer(0)


def vacuum(job: Job, table: Table) -> None:
    """VACUUM: expire snapshots and remove files that nothing refers to."""
    lake = lake_of(job)
    maintenance.vacuum(lake, load(lake, table))


def drop(job: Job, table: Table) -> None:
    """DROP TABLE: the catalog's entry, the data and the metadata."""
    maintenance.drop(lake_of(job), table)


def partitioning_of(handle_or_table: Any) -> tuple[str, ...]:
    """The partition fields as Athena's DDL shows them (`bucket(16, id)`), in order."""
    table: IcebergTable = getattr(handle_or_table, "source", handle_or_table)
    return tuple(athena_text(field, table.schema) for field in table.spec.fields)


def properties_of(handle_or_table: Any) -> dict[str, str]:
    """The table's properties as SHOW TBLPROPERTIES shows them."""
    table: IcebergTable = getattr(handle_or_table, "source", handle_or_table)
    return to_athena(table.metadata)
