"""CREATE TABLE AS for Hive tables; Iceberg's is delegated."""

from dataclasses import replace

from local_athena.catalog.model import Column, Serde, Table
from local_athena.engine import iceberg
from local_athena.engine.answer import WriteAnswer
from local_athena.engine.binding import bind_context
from local_athena.engine.formats import StorageFormat
from local_athena.engine.hive_types import glue_type
from local_athena.engine.job import CATALOG_NAME, Job
from local_athena.engine.reading import plan_reading, reader
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.session import Cursor
from local_athena.engine.writes.files import write_rows
from local_athena.engine.writes.properties import (
    WriteProperties,
    check_kinds,
    is_iceberg,
    write_properties,
)
from local_athena.engine.writes.publish import (
    place_files,
    publication,
    register_partitions,
    require_empty,
)
from local_athena.errors import AlreadyExistsError, EntityNotFoundError
from local_athena.sql import nodes
from local_athena.sql.binder import bind_create_table_as
from local_athena.sql.bound import BoundCreateTableAs
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Type


def create_table_as(
    job: Job,
    cursor: Cursor,
    planner: ScanPlanner,
    statement: nodes.CreateTableAs,
    parameters: tuple[nodes.Expression, ...],
) -> WriteAnswer:
    """Create a table with the rows of a query; it is there, whole, or nothing is.

    Raises:
        SqlError: the table exists, a property or type is refused, the location holds objects.
    """
    database, name = job.qualify(statement.table)
    _require_database(job, database, statement)
    if _exists(job, database, name):
        if statement.if_not_exists:
            return WriteAnswer(0)
        raise _already_exists(database, name, statement)
    bound = bind_create_table_as(statement, bind_context(job, parameters))
    if not statement.with_data:
        bound = replace(bound, query=replace(bound.query, limit=0))
    if is_iceberg(bound.properties):
        check_kinds({key.lower(): value for key, value in bound.properties})
        return iceberg.create_table_as(
            job, cursor, reader(job, cursor, planner), database, name, bound
        )
    properties = write_properties(bound.properties)
    table = _table(job, database, name, bound, properties)
    data = bound.names[: len(table.columns)]
    types = [column.type for column in bound.query.columns]
    columns = list(zip(data, types[: len(data)], strict=True))
    keys = list(zip(bound.names[len(data) :], types[len(data) :], strict=True))
    require_empty(job, table.location or "", f"{database}.{name}")
    reading = plan_reading(job, cursor, planner, bound.query)
    with job.store.temporary_folder() as folder:
        rows, files = write_rows(job, cursor, reading.sql, columns, keys, properties, folder)
        published = publication(job)
        added = place_files(job, published, table, files, (), properties.ending)
        with published.commit():
            try:
                job.catalog.create_table(table)
            except AlreadyExistsError as error:
                raise _already_exists(database, name, statement) from error
            register_partitions(job, table, added)
    return WriteAnswer(rows, published.uris, published.size_bytes)


def serde_of(form: StorageFormat, field_delimiter: str = "\x01") -> Serde:
    """The serde that Athena's CREATE TABLE AS writes for a format."""
    if form.name == "TEXTFILE":
        plain = field_delimiter == "\x01"
        parameters = {"serialization.format": "1" if plain else field_delimiter}
        if not plain:
            parameters["field.delim"] = field_delimiter
        return Serde(form.serde, parameters)
    return Serde(form.serde, {"serialization.format": "1"} if form.name == "PARQUET" else {})


def _table(
    job: Job, database: str, name: str, bound: BoundCreateTableAs, properties: WriteProperties
) -> Table:
    types = [column.type for column in bound.query.columns]
    every = [_column(one, type_) for one, type_ in zip(bound.names, types, strict=True)]
    count = len(properties.partitioned_by)
    _check_partitions(bound.names, properties.partitioned_by)
    _check_keys(bound.names[len(every) - count :], types[len(every) - count :])
    _check_buckets(bound.names, properties)
    location = properties.location
    if location is not None and job.request.location_enforced:
        raise SqlError(
            "INVALID_TABLE_PROPERTY",
            "The Create Table As Select query failed because it was submitted with an "
            "'external_location' property to an Athena Workgroup that enforces a centralized "
            "output location for all queries. Please remove the 'external_location' property and "
            "resubmit the query.",
        )
    if location is None:
        request = job.request
        location = f"{request.output_location.rstrip('/')}/tables/{request.query_id}/"
    return Table(
        database=database,
        name=name,
        columns=tuple(every[: len(every) - count]),
        partition_keys=tuple(every[len(every) - count :]),
        location=location,
        parameters={"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
        serde=serde_of(properties.form, properties.field_delimiter),
        input_format=properties.form.input_format,
        output_format=properties.form.output_format,
        table_type="EXTERNAL_TABLE",
        bucket_columns=properties.bucketed_by,
        bucket_count=-1 if properties.bucket_count is None else properties.bucket_count,
    )


def _column(name: str, type_: Type) -> Column:
    if type_.base == "unknown":
        raise SqlError("COLUMN_TYPE_UNKNOWN", f"Column type is unknown: {name}")
    return Column(name, glue_type(type_, name))


def _check_partitions(names: tuple[str, ...], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in names:
            raise SqlError(
                "INVALID_TABLE_PROPERTY", f"Partition columns [{key}] not present in schema"
            )
    if len(keys) >= len(names):
        raise SqlError("INVALID_TABLE_PROPERTY", "Table contains only partition columns")
    if keys and tuple(names[-len(keys) :]) != keys:
        raise SqlError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the "
            f"table properties: [{', '.join(keys)}]",
        )


def _check_buckets(names: tuple[str, ...], properties: WriteProperties) -> None:
    for column in properties.bucketed_by:
        if column not in names:
            raise SqlError(
                "INVALID_TABLE_PROPERTY", f"Bucketing columns [{column}] not present in schema"
            )
        if column in properties.partitioned_by:
            raise SqlError(
                "INVALID_TABLE_PROPERTY",
                f"Bucketing columns [{column}] cannot be partition columns",
            )


def _check_keys(names: tuple[str, ...], types: list[Type]) -> None:
    for name, type_ in zip(names, types, strict=True):
        if type_.base in ("array", "map", "row", "varbinary"):
            raise SqlError("NOT_SUPPORTED", f"Unsupported type [{type_}] for partition: {name}")


def _require_database(job: Job, database: str, statement: nodes.CreateTableAs) -> None:
    try:
        job.catalog.get_database(database)
    except EntityNotFoundError as error:
        raise SqlError(
            "SCHEMA_NOT_FOUND", f"Schema {database} not found", statement.table.at
        ) from error


def _exists(job: Job, database: str, name: str) -> bool:
    try:
        job.catalog.get_table(database, name)
    except EntityNotFoundError:
        return False
    return True


def _already_exists(database: str, name: str, statement: nodes.CreateTableAs) -> SqlError:
    return SqlError(
        "TABLE_ALREADY_EXISTS",
        f"Table '{CATALOG_NAME}.{database}.{name}' already exists",
        statement.at,
    )
