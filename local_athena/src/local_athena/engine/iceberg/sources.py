"""What stands behind an Iceberg scan: the table, its rows with identity, or one row per file.

`plan_scan` gives the engine each scan's relation. DML reads its target through `RowSource`, which
adds the place of each row and remembers which files were read; a predicate on partition columns is
evaluated over `FileSource`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Protocol

from local_athena.engine.iceberg.columns import quote_name
from local_athena.engine.iceberg.domains import Restrictions
from local_athena.engine.iceberg.inspect import AboutTable
from local_athena.engine.iceberg.literals import stored_literal
from local_athena.engine.iceberg.needs import restrictions_of
from local_athena.engine.iceberg.planning import PlannedFile
from local_athena.engine.iceberg.scan import FILE_NUMBER, POSITION, ScanPlan, plan_table
from local_athena.engine.iceberg.table import IcebergTable, at_version, source_of
from local_athena.engine.iceberg.versions import version_value
from local_athena.engine.job import Job
from local_athena.sql import types
from local_athena.sql.bound import Column, Scan, TableColumn

_FIRST_ID = 1_000_000_000
_ids = count(_FIRST_ID)


class Need(Protocol):
    """Columns that a scan needs (lower case) and what its predicates allow each to be."""

    @property
    def columns(self) -> Collection[str]: ...

    @property
    def domains(self) -> Any: ...


@dataclass
class RowSource:
    """A table read for a row change; `plan` and `restrictions` are set when its scan is planned."""

    table: IcebergTable
    plan: ScanPlan | None = None
    restrictions: Restrictions = field(default_factory=dict)


@dataclass(frozen=True)
class FileSource:
    """One row per data file: its number, and its partition's values under the columns' names."""

    table: IcebergTable
    files: Sequence[PlannedFile]


def new_column(name: str, kind: types.Type) -> Column:
    """A column of identity that no binder gave."""
    return Column(next(_ids), name, kind)


def with_identity(scan: Scan) -> tuple[Scan, RowSource, Column, Column]:
    """The scan with file number and position as two more columns."""
    source = RowSource(source_of(scan.handle))
    number, position = new_column(FILE_NUMBER, types.INTEGER), new_column(POSITION, types.BIGINT)
    added = (
        TableColumn(FILE_NUMBER, types.INTEGER, hidden=True),
        TableColumn(POSITION, types.BIGINT, hidden=True),
    )
    handle = replace(scan.handle, columns=(*scan.handle.columns, *added), source=source)
    columns = (*scan.columns, number, position)
    return replace(scan, handle=handle, columns=columns), source, number, position


def over_files(scan: Scan, files: Sequence[PlannedFile]) -> tuple[Scan, Column]:
    """The scan over one row per file instead of the table's rows, with the file's number."""
    number = new_column(FILE_NUMBER, types.INTEGER)
    handle = replace(
        scan.handle,
        columns=(*scan.handle.columns, TableColumn(FILE_NUMBER, types.INTEGER, hidden=True)),
        source=FileSource(source_of(scan.handle), files),
    )
    return replace(scan, handle=handle, columns=(*scan.columns, number)), number


def plan_scan(job: Job, scan: Scan, need: Need) -> tuple[str, int, int]:
    """(DuckDB SQL of the relation, bytes scanned, data files opened) of a scan.

    Raises:
        SqlError: the version does not exist, or the table's files cannot be read.
    """
    source = scan.handle.source
    if isinstance(source, AboutTable):
        return source.sql(), 0, 0
    if isinstance(source, FileSource):
        return _files_sql(source, need.columns), 0, 0
    if isinstance(source, RowSource):
        source.restrictions = restrictions_of(source.table.schema, need.domains)
        source.plan = plan_table(source.table, need.columns, source.restrictions, row_identity=True)
        return source.plan.sql, source.plan.scanned_bytes, len(source.plan.files)
    table = source_of(scan.handle)
    if scan.version is not None and not table.pinned:
        kind, expression = scan.version
        table = at_version(table, kind, version_value(job, expression))
    plan = plan_table(table, need.columns, restrictions_of(table.schema, need.domains))
    return plan.sql, plan.scanned_bytes, len(plan.files)


def _files_sql(source: FileSource, columns: Collection[str]) -> str:
    """VALUES of the files' numbers and of the identity partition columns that are wanted."""
    wanted = [f for f in source.table.schema.fields if f.name.lower() in columns]
    specs = source.table.metadata.specs()
    rows = []
    for number, planned in enumerate(source.files):
        positions = {
            part.source_id: index for index, part in enumerate(specs[planned.file.spec_id].fields)
        }
        values = [
            stored_literal(f.field_type, planned.file.partition[positions[f.field_id]])
            for f in wanted
        ]
        rows.append(f"({', '.join([*values, str(number)])})")
    names = ", ".join([*(quote_name(f.name.lower()) for f in wanted), quote_name(FILE_NUMBER)])
    return f"(SELECT * FROM (VALUES {', '.join(rows)}) t({names}))"
