"""information_schema: schemata, tables, views and columns, as Trino's tables of the catalog.

Rows are made when a query reads them. They cover every database: queries say which by WHERE.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from local_athena.catalog.model import Table
from local_athena.catalog.views import decode_view, is_presto_view
from local_athena.engine.handles import table_handle
from local_athena.engine.job import CATALOG_NAME, Job
from local_athena.errors import EntityNotFoundError, ViewEncodingError
from local_athena.sql import types
from local_athena.sql.bound import TableColumn, TableHandle, visible
from local_athena.sql.errors import SqlError

SystemRow = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class SystemRows:
    """The `source` of a system table's handle: rows of Python values, one for each column."""

    columns: tuple[TableColumn, ...]
    rows: Callable[[], Sequence[SystemRow]]


_SYSTEM_TABLES = ("columns", "schemata", "tables", "views")
_LAYOUTS: dict[str, tuple[str, ...]] = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
    "views": ("table_catalog", "table_schema", "table_name", "view_definition"),
    "columns": (
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "column_default",
        "is_nullable",
        "data_type",
        "comment",
        "extra_info",
    ),
}


def system_table(job: Job, name: str) -> TableHandle | None:
    """The handle of `information_schema.name`; None when there is no such table."""
    layout = _LAYOUTS.get(name)
    if layout is None:
        return None
    columns = tuple(
        TableColumn(column, types.BIGINT if column == "ordinal_position" else types.VARCHAR)
        for column in layout
    )
    makers: dict[str, Callable[[Job], Iterator[SystemRow]]] = {
        "schemata": _schemata,
        "tables": _tables,
        "views": _views,
        "columns": _columns,
    }

    def rows() -> list[SystemRow]:
        return list(makers[name](job))

    return TableHandle("information_schema", name, "system", columns, SystemRows(columns, rows))


def _schemata(job: Job) -> Iterator[SystemRow]:
    for database in job.catalog.databases():
        yield CATALOG_NAME, database.name
    yield CATALOG_NAME, "information_schema"


def _tables(job: Job) -> Iterator[SystemRow]:
    for table in _all_tables(job):
        kind = "VIEW" if table.kind == "view" else "BASE TABLE"
        yield CATALOG_NAME, table.database, table.name, kind
    for name in _SYSTEM_TABLES:
        yield CATALOG_NAME, "information_schema", name, "BASE TABLE"


def _views(job: Job) -> Iterator[SystemRow]:
    for table in _all_tables(job):
        if table.kind == "view" and is_presto_view(table.view_original_text):
            try:
                sql = decode_view(table.view_original_text).sql
            except ViewEncodingError:
                continue
            yield CATALOG_NAME, table.database, table.name, sql


def _columns(job: Job) -> Iterator[SystemRow]:
    for table in _all_tables(job):
        yield from _columns_of(job, table)
    for name, layout in _LAYOUTS.items():
        for position, column in enumerate(layout, start=1):
            type_ = "bigint" if column == "ordinal_position" else "varchar"
            yield _column_row("information_schema", name, column, position, type_, None, None)


def _columns_of(job: Job, table: Table) -> Iterator[SystemRow]:
    try:
        handle = table_handle(job, table)
    except (SqlError, ViewEncodingError):
        return  # Trino leaves out tables whose columns it cannot read
    comments = {column.name.lower(): column.comment for column in table.columns}
    comments |= {key.name.lower(): key.comment for key in table.partition_keys}
    for position, column in enumerate(visible(handle.columns), start=1):
        extra = "partition key" if column.partition_key else None
        yield _column_row(
            table.database,
            table.name,
            column.name,
            position,
            types.display(column.type),
            comments.get(column.name),
            extra,
        )


def _column_row(
    database: str,
    table: str,
    column: str,
    position: int,
    type_: str,
    comment: str | None,
    extra: str | None,
) -> SystemRow:
    return (
        CATALOG_NAME,
        database,
        table,
        column,
        position,
        None,
        "YES",
        type_,
        comment,
        extra,
    )


def _all_tables(job: Job) -> Iterator[Table]:
    for database in job.catalog.databases():
        try:
            yield from job.catalog.tables(database.name)
        except EntityNotFoundError:
            continue  # dropped meanwhile
