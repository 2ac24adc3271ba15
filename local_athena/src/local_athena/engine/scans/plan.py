"""One scan's plan: its DuckDB relation and the bytes that Athena would bill for it.

Parquet counts the compressed bytes of the needed columns' chunks in row groups that statistics do
not rule out; other formats count whole files.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from local_athena.catalog.model import Partition, Table
from local_athena.engine import iceberg
from local_athena.engine.formats import effective_serde, file_kind
from local_athena.engine.handles import BUCKET, HiveSource
from local_athena.engine.hive_types import trino_type
from local_athena.engine.information_schema import SystemRows
from local_athena.engine.job import Job
from local_athena.engine.scans.arrow import arrow_relation
from local_athena.engine.scans.buckets import files_of, numbered, wanted_buckets
from local_athena.engine.scans.domains import row_groups
from local_athena.engine.scans.footers import FooterCache
from local_athena.engine.scans.listing import DataFile, data_files
from local_athena.engine.scans.parquet import (
    ParquetFile,
    empty_relation,
    parquet_relation,
)
from local_athena.engine.scans.partition_schema import check_partition_schema
from local_athena.engine.scans.partitions import live_partitions, location_of
from local_athena.engine.session import Cursor
from local_athena.sql.bound import Scan, TableColumn
from local_athena.sql.errors import SqlError
from local_athena.sql.pruning import ScanNeed
from local_athena.sql.representation import constant, duckdb_type, quote_name
from local_athena.sql.types import Type

Keys = list[tuple[str, Type]]


@dataclass(frozen=True, slots=True)
class PlannedScan:
    """DuckDB SQL of a relation that offers the needed columns by name, and its cost in bytes."""

    sql: str
    scanned_bytes: int
    files: int


class ScanPlanner:
    """Plans the scans of one engine; keeps footers between queries."""

    def __init__(self) -> None:
        self.footers = FooterCache()

    def plan(self, job: Job, cursor: Cursor, scan: Scan, need: ScanNeed) -> PlannedScan:
        """The plan of one scan; Arrow tables it reads are registered with the cursor.

        Raises:
            SqlError: the table's files or metadata cannot be read.
        """
        source = scan.handle.source
        if isinstance(source, SystemRows):
            return _system(source)
        if isinstance(source, HiveSource):
            if scan.version is not None:
                raise SqlError("NOT_SUPPORTED", "This connector does not support versioned tables")
            return self._hive(job, cursor, scan, source.table, need)
        sql, scanned, files = iceberg.plan_scan(job, scan, need)
        return PlannedScan(sql, scanned, files)

    def _hive(
        self, job: Job, cursor: Cursor, scan: Scan, table: Table, need: ScanNeed
    ) -> PlannedScan:
        keys = [(key.name.lower(), trino_type(key.type)) for key in table.partition_keys]
        columns = [column for column in scan.handle.columns if column.name in need.mentioned]
        if need.empty:
            return PlannedScan(empty_relation(columns), 0, 0)
        numbers_wanted = any(column.name == BUCKET for column in columns)
        groups = self._groups(job, table, need, numbers_wanted)
        parts: list[str] = []
        scanned = 0
        count = 0
        parquet: list[ParquetFile] = []
        for number, (kind, partition, files) in enumerate(groups):
            count += len(files)
            if kind == "parquet":
                parquet += self._parquet_files(table, partition, files)
                continue
            scanned += sum(file.size for file in files)
            all_columns = [c for c in scan.handle.columns if not c.hidden or c in columns]
            parts += arrow_relation(
                job,
                cursor,
                table,
                partition,
                files,
                kind,
                all_columns,
                keys,
                f"scan_{scan.id}_{number}",
            )
        if parquet:
            scanned += _parquet_bytes(parquet, columns, need)
            parts.append(parquet_relation(parquet, columns, keys))
        if not parts:
            return PlannedScan(empty_relation(columns), 0, 0)
        sql = parts[0] if len(parts) == 1 else _united(parts, columns)
        return PlannedScan(sql, scanned, count)

    def _groups(
        self, job: Job, table: Table, need: ScanNeed, numbers_wanted: bool
    ) -> list[tuple[str, Partition | None, list[DataFile]]]:
        """Files of each partition that rows may come from, with their format."""
        buckets, count = wanted_buckets(table, need), table.bucket_count or 0

        def of_buckets(files: list[DataFile]) -> list[DataFile]:
            if buckets is not None:
                return files_of(files, buckets, count)
            return numbered(files, count) if numbers_wanted else files

        if not table.partition_keys:
            files = of_buckets(data_files(job.store, table.location)) if table.location else []
            return [(file_kind(table), None, files)] if files else []
        groups: list[tuple[str, Partition | None, list[DataFile]]] = []
        for partition in live_partitions(
            job, table, need.domains, need.filters, holding_files=True
        ):
            job.control.check()
            folder = location_of(table, partition)
            files = of_buckets(data_files(job.store, folder, partition.values))
            if not files:
                continue
            kind = file_kind(table, partition)
            check_partition_schema(table, partition, kind)
            groups.append((kind, partition, files))
        return groups

    def _parquet_files(
        self, table: Table, partition: Partition | None, files: Sequence[DataFile]
    ) -> list[ParquetFile]:
        """Files with their footers; columns are known by name, or by position on demand."""
        parameters = effective_serde(table, partition).parameters
        footers = [self.footers.get(file) for file in files]
        if parameters.get("parquet.column.index.access", "false").strip().lower() == "true":
            names = [column.name.lower() for column in table.columns]
            footers = [footer.by_position(names) for footer in footers]
        return [ParquetFile(*pair) for pair in zip(files, footers, strict=True)]


def _parquet_bytes(
    files: Sequence[ParquetFile], columns: Sequence[TableColumn], need: ScanNeed
) -> int:
    names = [
        column.name
        for column in columns
        if column.name in need.columns and not column.hidden and not column.partition_key
    ]
    if not names:
        return 0
    return sum(
        item.footer.bytes_of(names, row_groups(item.footer, need.domains, columns))
        for item in files
    )


def _united(parts: Sequence[str], columns: Sequence[TableColumn]) -> str:
    shown = ", ".join(quote_name(column.name) for column in columns) or "NULL"
    return "(" + " UNION ALL ".join(f"SELECT {shown} FROM {part}" for part in parts) + ")"


def _system(source: SystemRows) -> PlannedScan:
    columns = source.columns
    rows = source.rows()
    if not rows:
        return PlannedScan(empty_relation(columns), 0, 0)
    names = ", ".join(quote_name(column.name) for column in columns)
    first = ", ".join(
        f"CAST(NULL AS {duckdb_type(column.type)}) AS {quote_name(column.name)}"
        for column in columns
    )
    values = ", ".join(
        "("
        + ", ".join(
            constant(value, column.type) for value, column in zip(row, columns, strict=True)
        )
        + ")"
        for row in rows
    )
    return PlannedScan(
        f"(SELECT {first} WHERE false UNION ALL SELECT * FROM (VALUES {values}) rows({names}))",
        0,
        0,
    )
