"""CREATE [EXTERNAL] TABLE and DROP TABLE of Hive tables; Iceberg's are delegated.

What is written to Glue is what Athena writes: the three classes of the format, serde parameters,
`EXTERNAL = TRUE`. Source: Athena user guide, "CREATE TABLE" and "SHOW CREATE TABLE".
"""

from local_athena.catalog.model import Column, Serde, Table
from local_athena.engine import iceberg
from local_athena.engine.answer import TextAnswer
from local_athena.engine.ddl.column_rules import check_distinct, check_name, new_columns
from local_athena.engine.errors import (
    database_not_found,
    ddl_failure,
    table_not_found,
    task_failure,
)
from local_athena.engine.formats import (
    LAZY_SIMPLE,
    TEXT_INPUT,
    TEXT_OUTPUT,
    StorageFormat,
    is_serde,
    stored_as,
)
from local_athena.engine.job import Job
from local_athena.errors import AlreadyExistsError, EntityNotFoundError
from local_athena.sql import nodes
from local_athena.sql.errors import SqlError


def create_table(job: Job, statement: nodes.CreateTable) -> TextAnswer:
    """Create the table that the DDL describes."""
    database, name = job.qualify(statement.table)
    _require_database(job, database)
    if _exists(job, database, name):
        if statement.if_not_exists:
            return TextAnswer()
        raise task_failure(f"AlreadyExistsException(message:Table {name} already exists)")
    kind = _table_type(statement)
    if kind == "iceberg":
        if statement.external:
            raise ddl_failure(
                "SemanticException: External keyword not supported for table type ICEBERG"
            )
        iceberg.create_table(job, statement)
        return TextAnswer()
    if kind == "delta":
        raise SqlError("NOT_SUPPORTED", "local_athena does not support Delta Lake tables")
    if statement.partition_transforms:
        raise ddl_failure(
            "ParseException: partition transforms are for Iceberg tables only: "
            "add TBLPROPERTIES ('table_type'='ICEBERG')"
        )
    _create(job, statement, hive_table(job, statement, database, name))
    return TextAnswer()


def stored_location(location: str | None) -> str:
    """The location that DDL stores: as written, without slashes at its end.

    Hive makes a path of it; only a bucket's root keeps its slash. (PyAthena's tests on AWS,
    sqlalchemy/test_base.py, and noctua's issue 125 show the same of Athena.)

    Raises:
        QueryFailed: it is not in S3, or names no bucket.
    """
    check_location(location)
    stripped = (location or "").rstrip("/")
    return f"{stripped}/" if stripped.count("/") == 2 else stripped


def check_location(location: str | None) -> None:
    """Refuse a location that is not in S3.

    Raises:
        QueryFailed: it is not, or names no bucket.
    """
    scheme, separator, rest = (location or "").partition("://")
    if scheme not in ("s3", "s3a", "s3n") or not separator or not rest.strip("/"):
        raise task_failure(
            f"MetaException(message:{location} is not an S3 location: use s3://bucket/folder/)"
        )


def hive_table(job: Job, statement: nodes.CreateTable, database: str, name: str) -> Table:
    """The catalog's table of a Hive CREATE TABLE.

    Raises:
        QueryFailed: it is not EXTERNAL, or lacks a location or columns.
        SqlError: a type or format that is not supported.
    """
    if not statement.external:
        raise ddl_failure(
            "SemanticException [Error 10016]: CREATE TABLE without EXTERNAL is for Iceberg tables "
            "only: use CREATE EXTERNAL TABLE, or add TBLPROPERTIES ('table_type'='ICEBERG')"
        )
    if statement.location is None:
        raise ddl_failure(f"SemanticException: LOCATION is required for the table {name}")
    location = stored_location(statement.location)
    check_name(name)
    columns = new_columns(statement.columns)
    keys = new_columns(statement.partition_columns)
    check_distinct((*columns, *keys))
    _check_buckets(statement, columns)
    form = _format(statement)
    return Table(
        database=database,
        name=name,
        columns=columns,
        partition_keys=keys,
        location=location,
        parameters={
            "EXTERNAL": "TRUE",
            "transient_lastDdlTime": str(int(job.request.started_at.timestamp())),
            **({"comment": statement.comment} if statement.comment else {}),
            **dict(statement.properties),
        },
        serde=_serde(statement, form),
        input_format=statement.input_format or (form.input_format if form else TEXT_INPUT),
        output_format=statement.output_format or (form.output_format if form else TEXT_OUTPUT),
        table_type="EXTERNAL_TABLE",
        description=statement.comment,
        owner="hadoop",
        bucket_columns=tuple(column.value.lower() for column in statement.clustered_by),
        bucket_count=statement.buckets if statement.buckets is not None else -1,
    )


def drop_table(job: Job, statement: nodes.DropTable) -> TextAnswer:
    """Remove a table. An external Hive table keeps its files, an Iceberg table does not."""
    database, name = job.qualify(statement.table)
    try:
        table = job.catalog.get_table(database, name)
    except EntityNotFoundError as error:
        if statement.if_exists:
            return TextAnswer()
        raise table_not_found(statement.table) from error
    if table.kind == "view":
        raise ddl_failure(
            f"SemanticException [Error 10165]: Cannot drop a view with DROP TABLE: {name}"
        )
    if table.kind == "iceberg":
        iceberg.drop(job, table)
        return TextAnswer()
    job.catalog.drop_table(database, name)
    return TextAnswer()


def _table_type(statement: nodes.CreateTable) -> str:
    properties = {key.lower(): value for key, value in statement.properties}
    return properties.get("table_type", "").lower()


def _check_buckets(statement: nodes.CreateTable, columns: tuple[Column, ...]) -> None:
    names = {column.name for column in columns}
    for bucketed in statement.clustered_by:
        if bucketed.value.lower() not in names:
            raise ddl_failure(
                f"SemanticException [Error 10002]: Invalid column reference '{bucketed.value}'"
            )


def _format(statement: nodes.CreateTable) -> StorageFormat | None:
    if statement.stored_as is not None:
        return stored_as(statement.stored_as)
    return None


def _serde(statement: nodes.CreateTable, form: StorageFormat | None) -> Serde:
    if statement.serde is not None:
        if not is_serde(statement.serde):
            raise task_failure(f"Cannot validate serde: {statement.serde}")
        given = dict(statement.serde_properties)
        return Serde(statement.serde, {"serialization.format": "1", **given})
    parameters = dict(statement.delimited)
    library = form.serde if form else LAZY_SIMPLE
    delimiter = parameters.get("field.delim")
    parameters.setdefault("serialization.format", delimiter or "1")
    return Serde(library, {**parameters, **dict(statement.serde_properties)})


def _require_database(job: Job, database: str) -> None:
    try:
        job.catalog.get_database(database)
    except EntityNotFoundError as error:
        raise database_not_found(database) from error


def _exists(job: Job, database: str, name: str) -> bool:
    try:
        job.catalog.get_table(database, name)
    except EntityNotFoundError:
        return False
    return True


def _create(job: Job, statement: nodes.CreateTable, table: Table) -> None:
    try:
        job.catalog.create_table(table)
    except AlreadyExistsError as error:
        if not statement.if_not_exists:
            raise task_failure(
                f"AlreadyExistsException(message:Table {table.name} already exists)"
            ) from error
