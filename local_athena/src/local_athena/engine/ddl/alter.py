"""ALTER TABLE of Hive tables; Iceberg's are delegated."""

from dataclasses import replace

from local_athena.catalog.model import Column, Table
from local_athena.engine import iceberg
from local_athena.engine.answer import TextAnswer
from local_athena.engine.ddl.databases import set_database_properties
from local_athena.engine.ddl.partitions import (
    add_partitions,
    drop_partitions,
    rename_partition,
    set_partition_location,
)
from local_athena.engine.errors import ddl_failure, table_not_found, task_failure
from local_athena.engine.hive_types import trino_type
from local_athena.engine.job import Job
from local_athena.errors import EntityNotFoundError
from local_athena.sql import nodes


def alter_table(job: Job, statement: nodes.AlterTable) -> TextAnswer:
    """Run one ALTER TABLE (or ALTER DATABASE)."""
    if statement.action == "set database properties":
        return set_database_properties(job, statement)
    database, name = job.qualify(statement.table)
    try:
        table = job.catalog.get_table(database, name)
    except EntityNotFoundError as error:
        if statement.if_exists:
            return TextAnswer()
        raise table_not_found(f"{database}.{name}") from error
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
            job.catalog.update_table(replace(table, location=statement.location))
        case "set properties":
            _set_properties(job, table, dict(statement.properties))
        case "unset properties":
            dropped = {key for key, _ in statement.properties}
            kept = {key: value for key, value in table.parameters.items() if key not in dropped}
            job.catalog.update_table(replace(table, parameters=kept))
        case "add columns":
            _add_columns(job, table, statement)
        case "replace columns":
            columns = _new_columns(statement)
            _check_names(table, columns)
            job.catalog.update_table(replace(table, columns=columns))
        case "change column":
            _change_column(job, table, statement)
        case "rename to":
            raise task_failure(
                "Alter table rename is not supported for Hive tables: it is for Iceberg tables only"
            )
        case other:
            raise ddl_failure(f"ParseException: ALTER TABLE {other} is for Iceberg tables only")


def _set_properties(job: Job, table: Table, properties: dict[str, str]) -> None:
    comment = properties.get("comment")
    job.catalog.update_table(
        replace(
            table,
            parameters={**table.parameters, **properties},
            description=comment if comment is not None else table.description,
        )
    )


def _add_columns(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    if statement.partitions:
        raise ddl_failure(
            "ParseException: local_athena does not support ADD COLUMNS for one partition"
        )
    columns = (*table.columns, *_new_columns(statement))
    _check_names(table, columns)
    job.catalog.update_table(replace(table, columns=columns))


def _change_column(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    old = statement.old_name.value.lower() if statement.old_name else ""
    names = [column.name for column in table.columns]
    if old not in names:
        raise task_failure(f"Invalid column reference {old}")
    (changed,) = _new_columns(statement)
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
    _check_names(table, tuple(columns))
    job.catalog.update_table(replace(table, columns=tuple(columns)))


def _new_columns(statement: nodes.AlterTable) -> tuple[Column, ...]:
    for column in statement.columns:
        trino_type(column.type)
    return tuple(
        Column(column.name.value.lower(), column.type, column.comment)
        for column in statement.columns
    )


def _check_names(table: Table, columns: tuple[Column, ...]) -> None:
    names = [column.name for column in (*columns, *table.partition_keys)]
    for name in names:
        if names.count(name) > 1:
            raise task_failure(f"Duplicate column name: {name}")
