"""What a query binds against: the handle of a catalog's table or view.

Hidden columns of Hive tables: `$path`, `$file_size` (bytes), `$file_modified_time` (timestamp(3)
with time zone); `$partition` of partitioned and `$bucket` of bucketed ones.
"""

from dataclasses import dataclass

from local_athena.catalog.model import Table
from local_athena.catalog.views import decode_view, is_presto_view
from local_athena.engine import iceberg
from local_athena.engine.hive_types import trino_type
from local_athena.engine.job import CATALOG_NAME, Job
from local_athena.sql import types
from local_athena.sql.bound import TableColumn, TableHandle, ViewHandle
from local_athena.sql.errors import SqlError
from local_athena.sql.type_text import parse_type

PATH, FILE_SIZE, FILE_TIME = "$path", "$file_size", "$file_modified_time"
PARTITION, BUCKET = "$partition", "$bucket"


@dataclass(frozen=True, slots=True)
class HiveSource:
    """The `source` of a Hive table's handle."""

    table: Table


def table_handle(job: Job, table: Table) -> TableHandle | ViewHandle:
    """The handle of a catalog's table or view.

    Raises:
        SqlError: a column's type is not readable, or the view is not Presto's.
    """
    if table.kind == "iceberg":
        return iceberg.resolve(job, table)
    if table.kind == "view":
        return _view_handle(table)
    columns = [
        TableColumn(column.name.lower(), trino_type(column.type)) for column in table.columns
    ]
    columns += [
        TableColumn(key.name.lower(), trino_type(key.type), partition_key=True)
        for key in table.partition_keys
    ]
    return TableHandle(
        table.database, table.name, "hive", (*columns, *_hidden(table)), HiveSource(table)
    )


def _hidden(table: Table) -> list[TableColumn]:
    found = [(PATH, types.VARCHAR), (FILE_SIZE, types.BIGINT), (FILE_TIME, types.timestamp_tz(3))]
    if table.partition_keys:
        found.append((PARTITION, types.VARCHAR))
    if is_bucketed(table):
        found.append((BUCKET, types.INTEGER))
    return [TableColumn(name, kind, hidden=True) for name, kind in found]


def is_bucketed(table: Table) -> bool:
    """Whether the catalog says that the table's files are buckets."""
    return bool(table.bucket_columns) and (table.bucket_count or 0) > 0


def _view_handle(table: Table) -> ViewHandle:
    if not is_presto_view(table.view_original_text):
        raise SqlError(
            "NOT_SUPPORTED",
            f"local_athena does not read Hive views: '{table.database}.{table.name}'",
        )
    view = decode_view(table.view_original_text)
    columns = tuple(TableColumn(column.name, parse_type(column.type)) for column in view.columns)
    return ViewHandle(
        table.database,
        table.name,
        view.sql,
        columns,
        context_catalog=CATALOG_NAME,
        context_database=view.schema or table.database,
    )
