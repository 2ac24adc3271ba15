"""ALTER TABLE on Iceberg tables: schema evolution by field id, properties, rename.

Rules of the Athena user guide, "Evolve Iceberg table schema": int to bigint, float to double, wider
decimals of one scale; PyIceberg's schema update builder holds them.
"""

from collections.abc import Callable

from pyiceberg.exceptions import ValidationError
from pyiceberg.table import Table as PyIcebergTable
from pyiceberg.table import Transaction
from pyiceberg.table.update import RemovePropertiesUpdate, SetPropertiesUpdate, TableUpdate
from pyiceberg.table.update.schema import UpdateSchema
from pyiceberg.types import DecimalType, IcebergType

from local_athena.catalog.model import Table
from local_athena.engine.iceberg.commit import commit_updates
from local_athena.engine.iceberg.properties import to_iceberg
from local_athena.engine.iceberg.table import IcebergTable, lake_of, load
from local_athena.engine.iceberg.types import from_glue
from local_athena.engine.job import Job
from local_athena.errors import AlreadyExistsError
from local_athena.sql import nodes
from local_athena.sql.errors import SqlError

_START = nodes.At(1, 1)


def alter(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    """Run one ALTER TABLE.

    Raises:
        SqlError: COLUMN_ALREADY_EXISTS, COLUMN_NOT_FOUND, NOT_SUPPORTED and the like.
        QueryFailed: ICEBERG_COMMIT_ERROR.
    """
    current = load(lake_of(job), table)
    match statement.action:
        case "rename to":
            _rename(job, table, statement)
        case "set properties":
            found = to_iceberg(dict(statement.properties))
            _commit(current, lambda _: (SetPropertiesUpdate(updates=found),))
        case "unset properties":
            keys = {key.lower(): "0" for key, _ in statement.properties}
            _commit(current, lambda fresh: _unset(fresh, keys))
        case "add columns" | "change column" | "drop column":
            _commit(current, lambda fresh: _schema_updates(fresh, statement))
        case action:
            raise SqlError("NOT_SUPPORTED", f"ALTER TABLE {action} is not for Iceberg tables")


def _rename(job: Job, table: Table, statement: nodes.AlterTable) -> None:
    if statement.new_name is None:
        raise SqlError("SYNTAX_ERROR", "RENAME TO needs a name", statement.at)
    database, name = job.qualify(statement.new_name)
    if len(statement.new_name.parts) == 1:
        database = table.database
    try:
        job.catalog.rename_table(table.database, table.name, name, new_database=database)
    except AlreadyExistsError:
        raise SqlError(
            "TABLE_ALREADY_EXISTS", f"Target table '{database}.{name}' already exists", _START
        ) from None


def _unset(table: IcebergTable, keys: dict[str, str]) -> tuple[TableUpdate, ...]:
    known = table.metadata.properties
    given = [key for key in keys if key in known]
    for key in keys.keys() & {"format", "write_compression"}:
        given += list(to_iceberg({key: "parquet" if key == "format" else "zstd"}))
    removed = [key for key in given if key in known]
    return (RemovePropertiesUpdate(removals=removed),) if removed else ()


def _commit(
    table: IcebergTable, updates: Callable[[IcebergTable], tuple[TableUpdate, ...]]
) -> None:
    commit_updates(table, lambda fresh: (updates(fresh), lambda: None))


def _schema_updates(table: IcebergTable, statement: nodes.AlterTable) -> tuple[TableUpdate, ...]:
    holder = PyIcebergTable(
        (table.table.database, table.table.name),
        table.metadata,
        table.metadata_location,
        table.lake.io,
        None,  # type: ignore[arg-type]
    )
    update = UpdateSchema(Transaction(holder), case_sensitive=False)
    try:
        match statement.action:
            case "add columns":
                _add(table, update, statement)
            case "drop column":
                _drop(table, update, _old_name(statement))
            case _:
                _change(table, update, statement)
        updates, _ = update._commit()
    except (ValidationError, ValueError) as error:
        raise SqlError("NOT_SUPPORTED", str(error)) from error
    return updates


def _old_name(statement: nodes.AlterTable) -> str:
    if statement.old_name is None:
        raise SqlError("SYNTAX_ERROR", f"{statement.action} needs a column", statement.at)
    return statement.old_name.value.lower()


def _kinds(table: IcebergTable) -> dict[str, IcebergType]:
    return {f.name.lower(): f.field_type for f in table.metadata.schema().fields}


def _add(table: IcebergTable, update: UpdateSchema, statement: nodes.AlterTable) -> None:
    known = set(_kinds(table))
    for column in statement.columns:
        name = column.name.value.lower()
        if name in known:
            raise SqlError("COLUMN_ALREADY_EXISTS", f"Column '{name}' already exists", _START)
        known.add(name)
        update.add_column((name,), from_glue(column.type), column.comment)


def _drop(table: IcebergTable, update: UpdateSchema, name: str) -> None:
    kinds = _kinds(table)
    if name not in kinds:
        raise SqlError("COLUMN_NOT_FOUND", f"Column '{name}' does not exist", _START)
    if len(kinds) == 1:
        raise SqlError("NOT_SUPPORTED", "Cannot drop the only column in a table", _START)
    number = table.metadata.schema().find_field(name, case_sensitive=False).field_id
    for spec in table.metadata.partition_specs:
        if any(field.source_id == number for field in spec.fields):
            raise SqlError("NOT_SUPPORTED", f"Cannot drop partition field: {name}", _START)
    update.delete_column((name,))


def _change(table: IcebergTable, update: UpdateSchema, statement: nodes.AlterTable) -> None:
    old, column = _old_name(statement), statement.columns[0]
    new = column.name.value.lower()
    kinds = _kinds(table)
    if old not in kinds:
        raise SqlError("COLUMN_NOT_FOUND", f"Column '{old}' does not exist", _START)
    if new != old and new in kinds:
        raise SqlError("COLUMN_ALREADY_EXISTS", f"Column '{new}' already exists", _START)
    _retype(update, old, kinds[old], column)
    if statement.position == "first":
        update.move_first((old,))
    elif statement.position:
        update.move_after((old,), (statement.position.lower(),))
    if new != old:
        update.rename_column((old,), new)


def _retype(
    update: UpdateSchema, name: str, kind: IcebergType, column: nodes.ColumnDefinition
) -> None:
    wanted = from_glue(column.type)
    nested = not wanted.is_primitive or not kind.is_primitive
    same = str(_shape(wanted)) == str(_shape(kind)) if nested else _same_scale(kind, wanted)
    if not same:
        raise SqlError(
            "NOT_SUPPORTED", f"Cannot change column type: {name}: {kind} -> {wanted}", _START
        )
    if nested:
        wanted = kind
    if wanted != kind or column.comment is not None:
        update.update_column(
            (name,),
            wanted if wanted != kind else None,
            doc=column.comment,
        )


def _same_scale(kind: IcebergType, wanted: IcebergType) -> bool:
    """Whether two decimals have as many digits after the point; PyIceberg does not ask."""
    if isinstance(kind, DecimalType) and isinstance(wanted, DecimalType):
        return kind.scale == wanted.scale
    return True


def _shape(kind: IcebergType) -> str:
    from local_athena.engine.iceberg.types import to_glue

    return to_glue(kind)
