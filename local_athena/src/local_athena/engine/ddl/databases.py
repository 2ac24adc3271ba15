"""CREATE, DROP and ALTER DATABASE."""

from dataclasses import replace

from local_athena.catalog.model import Database
from local_athena.engine.answer import TextAnswer
from local_athena.engine.errors import database_not_found, task_failure
from local_athena.engine.job import Job
from local_athena.errors import AlreadyExistsError, EntityNotFoundError
from local_athena.sql import nodes


def create_database(job: Job, statement: nodes.CreateDatabase) -> TextAnswer:
    """Add a database; its location is kept as written."""
    name = job.qualify_database(statement.name)
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
    """Remove a database. With CASCADE its tables leave the catalog; their files stay."""
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
    job.catalog.drop_database(name)
    return TextAnswer()


def set_database_properties(job: Job, statement: nodes.AlterTable) -> TextAnswer:
    """ALTER DATABASE ... SET DBPROPERTIES is not offered: the catalog has no way to update one."""
    name = job.qualify_database(statement.table)
    try:
        database = job.catalog.get_database(name)
    except EntityNotFoundError as error:
        raise database_not_found(name) from error
    update = getattr(job.catalog, "update_database", None)
    if update is None:
        raise task_failure("local_athena does not support ALTER DATABASE SET DBPROPERTIES")
    update(replace(database, parameters={**database.parameters, **dict(statement.properties)}))
    return TextAnswer()
