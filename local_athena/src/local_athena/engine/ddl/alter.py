"""ALTER TABLE of Hive tables; Iceberg's are delegated."""

from dataclasses import replace

from local_athena.catalog.model import Partition, Table
from local_athena.engine import iceberg
from local_athena.engine.answer import TextAnswer
from local_athena.engine.ddl.column_rules import check_distinct, new_columns
from local_athena.engine.ddl.databases import set_database_properties
from local_athena.engine.ddl.partitions import (
    add_partitions,
    drop_partitions,
    find_partition,
    rename_partition,
    set_partition_location,
)
from local_athena.engine.ddl.tables import stored_location
from local_athena.engine.errors import ddl_failure, table_not_found, task_failure
from local_athena.engine.job import Job
from local_athena.errors import ConcurrentModificationError, EntityNotFoundError
from local_athena.sql import nodes


class _ChangedMeanwhile(Exception):  # noqa: N818  (a state, not a defect)
    """A Hive table is not at the version that was read."""


def alter_table(job: Job, statement: nodes.AlterTable) -> TextAnswer:
    """Run one ALTER TABLE (or ALTER DATABASE)."""
    if statement.action == "set database properties":
        return set_database_properties(job, statement)
    while True:
        job.control.check()
        try:
            return _alter_table(job, statement)
        except _ChangedMeanwhile:
            continue  # somebody else's change is there now: this one comes on top of it


def _alter_table(job: Job, statement: nodes.AlterTable) -> TextAnswer:
    database, name = job.qualify(statement.table)
    try:
        table = job.catalog.get_table(database, name)
    except EntityNotFoundError as error:
        raise table_not_found(statement.table) from error
    if table.kind == "iceberg":
        iceberg.alter(job, table, statement)
        return TextAnswer()
    if table.kind == "view":
        raise ddl_failure(
            f"SemanticException [Error 10131]: To alter a view use CREATE OR REPLACE VIEW: {name}"
        )
    _alter_hive(job, table, statement)
    return TextAnswer()


def _alter_hive(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    match statement.action:
        case "add partition":
            add_partitions(job, table, statement)
        case "drop partition":
            drop_partitions(job, table, statement)
        case "rename partition":
            rename_partition(job, table, statement)
        case "set partition location":
            set_partition_location(job, table, statement)
        case "set location":
            location = stored_location(statement.location)
            _store(job, table, replace(table, location=location))
        case "set properties":
            _set_properties(job, table, dict(statement.properties))
        case "unset properties":
            dropped = {key for key, _ in statement.properties}
            kept = {key: value for key, value in table.parameters.items() if key not in dropped}
            _store(job, table, replace(table, parameters=kept))
        case "add columns":
            _add_columns(job, table, statement)
        case "replace columns":
            _replace_columns(job, table, statement)
        case "change column":
            _change_column(job, table, statement)
        case "rename to":
            raise task_failure(
                "Alter table rename is not supported for Hive tables: it is for Iceberg tables only"
            )
        case other:
            raise ddl_failure(f"ParseException: ALTER TABLE {other} is for Iceberg tables only")


def _store(job: Job, read: Table, changed: Table) -> None:
    """Replace the table that was read, unless somebody else changed it in between."""
    try:
        job.catalog.update_table(changed, expected_version=read.version_id)
    except ConcurrentModificationError as error:
        raise _ChangedMeanwhile from error


def _set_properties(job: Job, table: Table, properties: dict[str, str]) -> None:
    comment = properties.get("comment")
    description = comment if comment is not None else table.description
    parameters = {**table.parameters, **properties}
    _store(job, table, replace(table, parameters=parameters, description=description))


def _add_columns(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    added = new_columns(statement.columns)
    if statement.partitions:
        partition = find_partition(job, table, statement.partitions[0])
        columns = (*(table.columns if partition.columns is None else partition.columns), *added)
        check_distinct((*columns, *table.partition_keys))
        _update_partition(job, table, replace(partition, columns=columns))
        return
    check_distinct((*table.columns, *added, *table.partition_keys))
    _store(job, table, replace(table, columns=(*table.columns, *added)))


def _replace_columns(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    columns = new_columns(statement.columns)
    check_distinct((*columns, *table.partition_keys))
    if statement.partitions:
        partition = find_partition(job, table, statement.partitions[0])
        _update_partition(job, table, replace(partition, columns=columns))
    else:
        _store(job, table, replace(table, columns=columns))


def _update_partition(job: Job, table: Table, partition: Partition) -> None:
    job.catalog.update_partition(table.database, table.name, partition.values, partition)


def _change_column(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    old = statement.old_name.value.lower() if statement.old_name else ""
    names = [column.name for column in table.columns]
    if old not in names:
        raise task_failure(f"Invalid column reference {old}")
    (changed,) = new_columns(statement.columns)
    position = names.index(old)
    if changed.comment is None:
        changed = replace(changed, comment=table.columns[position].comment)
    columns = [column for column in table.columns if column.name != old]
    if statement.position is None:
        columns.insert(position, changed)
    elif statement.position == "first":
        columns.insert(0, changed)
    else:
        after = statement.position.lower()
        left = [column.name for column in columns]
        if after not in left:
            raise task_failure(f"Invalid column reference {after}")
        columns.insert(left.index(after) + 1, changed)
    check_distinct((*columns, *table.partition_keys))
    _store(job, table, replace(table, columns=tuple(columns)))
