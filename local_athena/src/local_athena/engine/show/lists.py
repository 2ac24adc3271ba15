"""SHOW DATABASES, TABLES, VIEWS, COLUMNS, PARTITIONS, TBLPROPERTIES and FUNCTIONS.

Names of result columns and padding as Athena returns them (Athena user guide, "SHOW ...", and
clients that parse them).
"""

import re
from collections.abc import Iterable

from local_athena.catalog.model import Table
from local_athena.catalog.projection import partition_path
from local_athena.engine import iceberg
from local_athena.engine.answer import TextAnswer, text_column
from local_athena.engine.errors import database_not_found, table_not_found, task_failure
from local_athena.engine.job import Job, check_catalog
from local_athena.errors import EntityNotFoundError
from local_athena.sql import nodes
from local_athena.sql.errors import SqlError

_WIDTH = 20


def show_list(job: Job, statement: nodes.Show) -> TextAnswer:
    """The answer of one SHOW that lists names."""
    match statement.what:
        case "databases":
            check_catalog(job.session_catalog)
            names = [database.name for database in job.catalog.databases()]
            return _names("database_name", _matching(names, statement.pattern))
        case "tables":
            return _names("tab_name", _matching(_tables(job, statement), statement.pattern))
        case "views":
            views = _tables(job, statement, views_only=True)
            return _names("views", _matching(views, statement.pattern), "varchar")
        case "columns":
            table = find_table(job, statement.of)
            columns = [column.name for column in (*table.columns, *table.partition_keys)]
            return _names("field", [column.ljust(_WIDTH) for column in columns])
        case "partitions":
            return _partitions(job, find_table(job, statement.of))
        case "tblproperties":
            return _properties(job, find_table(job, statement.of), statement.key)
    raise SqlError("NOT_SUPPORTED", f"local_athena does not support SHOW {statement.what.upper()}")


def find_table(job: Job, name: nodes.Name | None) -> Table:
    """The table or view of that name.

    Raises:
        QueryFailed: Hive's words for a name that is not there.
    """
    if name is None:
        raise task_failure("no table is named")
    database, table = job.qualify(name)
    try:
        return job.catalog.get_table(database, table)
    except EntityNotFoundError as error:
        raise table_not_found(name) from error


def _tables(job: Job, statement: nodes.Show, *, views_only: bool = False) -> list[str]:
    if statement.of is None:
        check_catalog(job.session_catalog)
        database = job.database
    else:
        database = job.qualify_database(statement.of)
    try:
        tables = job.catalog.tables(database)
    except EntityNotFoundError as error:
        raise database_not_found(database) from error
    return [table.name for table in tables if not views_only or table.kind == "view"]


def _partitions(job: Job, table: Table) -> TextAnswer:
    if not table.partition_keys:
        raise task_failure(f"Table {table.name} is not a partitioned table")
    keys = [key.name for key in table.partition_keys]
    registered = job.catalog.partitions(table.database, table.name)
    paths = [partition_path(keys, partition.values) for partition in registered]
    return _names("partition", sorted(paths))


def _properties(job: Job, table: Table, key: str | None) -> TextAnswer:
    columns = (text_column("prpt_name"), text_column("prpt_value"))
    properties = dict(table.parameters)
    if table.kind == "iceberg":
        properties = iceberg.properties_of(iceberg.resolve(job, table))
    if key is not None:
        value = properties.get(key)
        if value is None:
            value = f"Table {table.database}.{table.name} does not have property: {key}"
        return TextAnswer(columns, [(value,)])
    rows = [(f"{name}\t{value}",) for name, value in sorted(properties.items())]
    return TextAnswer(columns, rows)


def _matching(names: Iterable[str], pattern: str | None) -> list[str]:
    """Names that match Hive's pattern: `*` for any characters, `|` between alternatives, and what
    else a regular expression means."""
    if pattern is None:
        return list(names)
    text = re.sub(r"(?<!\.)\*", ".*", pattern)
    try:
        compiled = re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise task_failure(f"invalid pattern {pattern}: {error}") from error
    return [name for name in names if compiled.fullmatch(name)]


def _names(column: str, names: Iterable[str], kind: str = "string") -> TextAnswer:
    return TextAnswer((text_column(column, kind),), [(name,) for name in names])
