"""A read of a table as DuckDB SQL over its local Parquet files.

Files whose needed columns translate alike are read by one `read_parquet`; several such reads are a
UNION ALL. Positions deleted are anti-joined by (file, row number), so DuckDB still pushes filters
and projections into the reads.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table.name_mapping import NameMapping
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import NestedField

from local_athena.engine.iceberg.columns import (
    FileColumn,
    engine_type,
    file_columns,
    missing_value,
    quote_name,
    quote_text,
    read_expression,
)
from local_athena.engine.iceberg.domains import Restrictions
from local_athena.engine.iceberg.lake import Footer
from local_athena.engine.iceberg.literals import stored_literal
from local_athena.engine.iceberg.planning import PlannedFile, partition_key, plan_files
from local_athena.engine.iceberg.scanned import scanned_bytes
from local_athena.engine.iceberg.table import FILE_TIME, PARTITION, PATH, IcebergTable
from local_athena.sql.errors import SqlError

FILE_NUMBER = "$file_number"
POSITION = "$position"


@dataclass(frozen=True)
class ScanPlan:
    """`sql` is a parenthesised SELECT that offers the columns by name.

    With row identity it also offers `$file_number` (index into `files`) and `$position` (row in
    the file from 0). `scanned_bytes`: needed column chunks of row groups that survive, and deletes.
    """

    sql: str
    files: tuple[PlannedFile, ...]
    scanned_bytes: int


@dataclass
class _Group:
    """Files that one read_parquet can read."""

    selects: list[str]
    where: str
    files: list[PlannedFile] = field(default_factory=list)


def plan_table(
    table: IcebergTable,
    columns: Collection[str] | None = None,
    restrictions: Restrictions | None = None,
    *,
    row_identity: bool = False,
    files: list[PlannedFile] | None = None,
) -> ScanPlan:
    """Plan a read; bytes count some columns (None: all), the SQL offers all that are not hidden.

    `restrictions` narrow the files, never the rows. `files` replaces planning by a given list.

    Raises:
        SqlError: NOT_SUPPORTED for a file format that is not read.
    """
    restrictions = restrictions or {}
    if files is None:
        files = plan_files(table, restrictions)
    fields = list(table.schema.fields)
    wanted = [f for f in fields if columns is None or f.name.lower() in columns]
    hidden = [
        name for name in (PATH, FILE_TIME, PARTITION) if columns is not None and name in columns
    ]
    groups: dict[tuple[object, ...], _Group] = {}
    known: dict[tuple[object, ...], list[str]] = {}
    total = 0
    for planned in files:
        footer = table.lake.footer(planned.file)
        parts = _file_columns(table, footer)
        total += scanned_bytes(planned, footer, parts, wanted, restrictions)
        lacking = not {f.field_id for f in fields} <= {part.id for part in parts}
        like = (footer.signature, partition_key(planned.file) if lacking else None)
        if like not in known:
            known[like] = [_select(table, planned.file, parts, f) for f in fields]
        selects = known[like]
        where = _equality(table, planned, parts)
        key = (footer.signature, tuple(selects), where, bool(planned.position_deletes))
        group = groups.setdefault(key, _Group(selects, where))
        group.files.append(planned)
    deletes = {file.file_path: file for planned in files for file in planned.position_deletes}
    deletes |= {file.file_path: file for planned in files for file in planned.equality_deletes}
    total += sum(file.file_size_in_bytes for file in deletes.values())
    names = [f.name.lower() for f in fields]
    if not groups:
        sql = _empty(fields, hidden, row_identity)
    else:
        reads = []
        files = []
        for group in groups.values():
            first = len(files) if row_identity else None
            reads.append(_read(table, group, names, hidden, first))
            files.extend(group.files)
        sql = " UNION ALL ".join(reads)
    return ScanPlan(f"({sql})", tuple(files), total)


def _file_columns(table: IcebergTable, footer: Footer) -> tuple[FileColumn, ...]:
    """The file's columns with field ids: its own, or those of the table's name mapping."""
    if any(column.id is not None for column in footer.columns):
        return footer.columns
    mapping = table.metadata.name_mapping()
    return tuple(_named(column, mapping, table.schema) for column in footer.columns)


def _named(column: FileColumn, mapping: NameMapping | None, schema: Schema) -> FileColumn:
    """A top-level column of a file without ids: by the mapping, else by name."""
    if mapping is not None:
        for entry in mapping.root:
            if column.name in entry.names:
                return FileColumn(entry.field_id, column.name, column.kind, column.children)
        return column
    try:
        found = schema.find_field(column.name)
    except ValueError:
        return column
    return FileColumn(found.field_id, column.name, column.kind, column.children)


def _select(
    table: IcebergTable, file: DataFile, parts: tuple[FileColumn, ...], wanted: NestedField
) -> str:
    """The expression of a column; the partition's value when the file lacks it."""
    for part in parts:
        if part.id == wanted.field_id:
            return read_expression(wanted.field_type, part, f"b.{quote_name(part.name)}")
    spec = table.metadata.specs()[file.spec_id]
    for position, partition in enumerate(spec.fields):
        if partition.source_id == wanted.field_id and isinstance(
            partition.transform, IdentityTransform
        ):
            return stored_literal(wanted.field_type, file.partition[position])
    return missing_value(wanted)


def _read(
    table: IcebergTable, group: _Group, names: list[str], hidden: list[str], first: int | None
) -> str:
    """One SELECT; with `first`, row identity with files numbered from it."""
    store = table.lake.store
    paths = [table.lake.local(planned.file) for planned in group.files]
    outputs = [
        f"{text} AS {quote_name(name)}" for text, name in zip(group.selects, names, strict=True)
    ]
    if PATH in hidden:
        uris = _of_file([quote_text(planned.file.file_path) for planned in group.files])
        outputs.append(f"{uris} AS {quote_name(PATH)}")
    if FILE_TIME in hidden:
        times = _of_file(
            [
                f"make_timestamp({path.stat().st_mtime_ns // 1_000_000 * 1000})"
                for path in (store.path(planned.file.file_path) for planned in group.files)
            ]
        )
        outputs.append(f"struct_pack(instant := {times}, zone := 'UTC') AS {quote_name(FILE_TIME)}")
    if PARTITION in hidden:
        texts = _of_file([quote_text(_partition_text(table, p.file)) for p in group.files])
        outputs.append(f"{texts} AS {quote_name(PARTITION)}")
    if first is not None:
        number = f"CAST(b.file_index AS INTEGER) + {first}"
        outputs.append(f"{number} AS {quote_name(FILE_NUMBER)}")
        outputs.append(f"b.file_row_number AS {quote_name(POSITION)}")
    sql = f"SELECT {', '.join(outputs)} FROM {read_files([str(path) for path in paths])} b"
    if group.files[0].position_deletes:
        sql += (
            f" ANTI JOIN {_positions(table, group)} d"
            " ON d.number = b.file_index AND d.pos = b.file_row_number"
        )
    if group.where:
        sql += f" WHERE {group.where}"
    return sql


def _of_file(texts: list[str]) -> str:
    """The text of the row's file, by DuckDB's number of it."""
    return f"([{', '.join(texts)}])[CAST(b.file_index AS BIGINT) + 1]"


def _partition_text(table: IcebergTable, file: DataFile) -> str:
    """`key=value/…` of a data file; empty without a partition."""
    spec = table.metadata.specs()[file.spec_id]
    return "" if spec.is_unpartitioned() else spec.partition_to_path(file.partition, table.schema)


def read_files(paths: list[str]) -> str:
    """DuckDB's read of Parquet files, nothing guessed from their names."""
    listed = ", ".join(quote_text(path) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false)"


def _positions(table: IcebergTable, group: _Group) -> str:
    """(number, pos): deleted rows of the group's files, by their place in the group."""
    deletes = {d.file_path: d for planned in group.files for d in planned.position_deletes}
    paths = [str(table.lake.local(delete)) for _, delete in sorted(deletes.items())]
    rows = ", ".join(
        f"({quote_text(planned.file.file_path)}, CAST({index} AS UBIGINT))"
        for index, planned in enumerate(group.files)
    )
    return (
        f"(SELECT m.number, p.pos FROM {read_files(paths)} p "
        f"JOIN (VALUES {rows}) m(path, number) ON p.file_path = m.path)"
    )


def _equality(table: IcebergTable, planned: PlannedFile, parts: tuple[FileColumn, ...]) -> str:
    """The condition that no applicable equality delete names the row."""
    by_columns: dict[tuple[int, ...], list[DataFile]] = {}
    for delete in planned.equality_deletes:
        by_columns.setdefault(tuple(delete.equality_ids or ()), []).append(delete)
    conditions = []
    for ids, deletes in by_columns.items():
        for delete in deletes:
            own = file_columns(table.lake.footer(delete).schema)
            matches = []
            for field_id in ids:
                wanted = _field_ever(table, field_id)
                theirs = next(part for part in own if part.id == field_id)
                left = _select(table, planned.file, parts, wanted)
                right = read_expression(wanted.field_type, theirs, f"d.{quote_name(theirs.name)}")
                matches.append(f"{left} IS NOT DISTINCT FROM {right}")
            source = read_files([str(table.lake.local(delete))])
            conditions.append(
                f"NOT EXISTS (SELECT 1 FROM {source} d WHERE {' AND '.join(matches)})"
            )
    return " AND ".join(conditions)


def _field_ever(table: IcebergTable, field_id: int) -> NestedField:
    """A field of the schema read with, or of an older one when it was dropped since."""
    for schema in (table.schema, *reversed(table.metadata.schemas)):
        try:
            return schema.find_field(field_id)
        except ValueError:
            continue
    raise SqlError("ICEBERG_INVALID_METADATA", f"no field {field_id} in {table.name}")


def _empty(wanted: list[NestedField], hidden: list[str], identity: bool) -> str:
    outputs = [
        f"CAST(NULL AS {engine_type(f.field_type)}) AS {quote_name(f.name.lower())}" for f in wanted
    ]
    if PATH in hidden:
        outputs.append(f"CAST(NULL AS VARCHAR) AS {quote_name(PATH)}")
    if PARTITION in hidden:
        outputs.append(f"CAST(NULL AS VARCHAR) AS {quote_name(PARTITION)}")
    if FILE_TIME in hidden:
        outputs.append(
            f"CAST(NULL AS STRUCT(instant TIMESTAMP, zone VARCHAR)) AS {quote_name(FILE_TIME)}"
        )
    if identity:
        outputs.append(f"CAST(NULL AS INTEGER) AS {quote_name(FILE_NUMBER)}")
        outputs.append(f"CAST(NULL AS BIGINT) AS {quote_name(POSITION)}")
    return f"SELECT {', '.join(outputs) or 'NULL AS x'} WHERE false"
