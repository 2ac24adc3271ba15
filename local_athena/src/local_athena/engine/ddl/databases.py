"""CREATE, DROP and ALTER DATABASE."""

from dataclasses import replace

from local_athena.catalog.model import Database
from local_athena.engine import iceberg
from local_athena.engine.answer import TextAnswer
from local_athena.engine.ddl.column_rules import check_name
from local_athena.engine.ddl.tables import check_location
from local_athena.engine.errors import database_not_found, task_failure
from local_athena.engine.job import Job
from local_athena.errors import AlreadyExistsError, EntityNotFoundError
from local_athena.sql import nodes


def create_database(job: Job, statement: nodes.CreateDatabase) -> TextAnswer:
    """Add a database; its location is kept as written."""
    name = job.qualify_database(statement.name)
    check_name(name)
    if statement.location is not None:
        check_location(statement.location)
    database = Database(
        name=name,
        description=statement.comment,
        location=statement.location,
        parameters=dict(statement.properties),
        create_time=job.request.started_at,
    )
    try:
        job.catalog.create_database(database)
    except AlreadyExistsError as error:
        if not statement.if_not_exists:
            raise task_failure(f"Database {name} already exists") from error
    return TextAnswer()


def drop_database(job: Job, statement: nodes.DropDatabase) -> TextAnswer:
    """Remove a database. With CASCADE its tables leave the catalog, and Iceberg's files go too.

    Source: Athena user guide, "Other Athena operations on Iceberg tables".
    """
    name = job.qualify_database(statement.name)
    try:
        tables = job.catalog.tables(name)
    except EntityNotFoundError as error:
        if statement.if_exists:
            return TextAnswer()
        raise database_not_found(name) from error
    if tables and not statement.cascade:
        raise task_failure(
            f"InvalidOperationException(message:Database {name} is not empty. "
            "One or more tables exist.)"
        )
    for table in tables:
        if table.kind == "iceberg":
            iceberg.drop(job, table)
    job.catalog.drop_database(name)
    return TextAnswer()


def set_database_properties(job: Job, statement: nodes.AlterTable) -> TextAnswer:
    """ALTER DATABASE ... SET DBPROPERTIES: set some, keep the others."""
    name = job.qualify_database(statement.table)
    try:
        database = job.catalog.get_database(name)
    except EntityNotFoundError as error:
        raise database_not_found(name) from error
    parameters = {**database.parameters, **dict(statement.properties)}
    job.catalog.update_database(replace(database, parameters=parameters))
    return TextAnswer()
