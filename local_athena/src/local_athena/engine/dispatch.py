"""Which step does which statement."""

from local_athena.engine import ddl, iceberg, show, writes
from local_athena.engine.answer import TextAnswer, WriteAnswer
from local_athena.engine.binding import bind_context
from local_athena.engine.explain import explain
from local_athena.engine.job import Job
from local_athena.engine.prepared import Arguments, deallocate, prepare
from local_athena.engine.querying import QueryAnswer, run_query
from local_athena.engine.reading import reader
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.session import Cursor
from local_athena.engine.show.lists import find_table
from local_athena.engine.writes.insert import target_table
from local_athena.sql import nodes
from local_athena.sql.binder import bind_delete, bind_merge, bind_update
from local_athena.sql.errors import SqlError

__all__ = ["Answer", "QueryAnswer", "run_statement"]

Answer = TextAnswer | WriteAnswer | QueryAnswer

_NOT_TRANSACTIONAL = "Modifying Hive table rows is only supported for transactional tables"


def run_statement(
    job: Job,
    cursor: Cursor,
    planner: ScanPlanner,
    statement: nodes.Statement,
    parameters: Arguments,
) -> Answer:
    """Run one statement.

    Raises:
        SqlError, QueryFailed, CatalogError: it is refused or fails.
    """
    match statement:
        case nodes.QueryStatement():
            return run_query(job, cursor, planner, statement.query, parameters)
        case nodes.Insert():
            return writes.insert(job, cursor, planner, statement, parameters)
        case nodes.CreateTableAs():
            return writes.create_table_as(job, cursor, planner, statement, parameters)
        case nodes.Unload():
            return writes.unload(job, cursor, planner, statement, parameters)
        case nodes.Delete() | nodes.Update() | nodes.Merge():
            return _modify(job, cursor, planner, statement, parameters)
        case nodes.Optimize() | nodes.Vacuum():
            return _maintain(job, cursor, planner, statement, parameters)
        case nodes.Explain():
            return explain(job, cursor, planner, statement, parameters)
        case nodes.Show(what="functions"):
            return show.show_functions(statement)
        case _:
            return _catalog_statement(job, statement)


def _catalog_statement(job: Job, statement: nodes.Statement) -> TextAnswer:
    match statement:
        case nodes.CreateTable():
            return ddl.create_table(job, statement)
        case nodes.DropTable():
            return ddl.drop_table(job, statement)
        case nodes.CreateDatabase():
            return ddl.create_database(job, statement)
        case nodes.DropDatabase():
            return ddl.drop_database(job, statement)
        case nodes.CreateView():
            return ddl.create_view(job, statement)
        case nodes.DropView():
            return ddl.drop_view(job, statement)
        case nodes.AlterTable():
            return ddl.alter_table(job, statement)
        case nodes.RepairTable():
            return ddl.repair_table(job, statement)
        case nodes.Show(what="create table"):
            return show.show_create_table(job, statement)
        case nodes.Show(what="create view"):
            return show.show_create_view(job, statement)
        case nodes.Show():
            return show.show_list(job, statement)
        case nodes.Describe():
            return show.describe(job, statement)
        case nodes.Prepare():
            return prepare(job, statement)
        case nodes.Deallocate():
            return deallocate(job, statement)
    raise SqlError(
        "NOT_SUPPORTED", f"local_athena does not support {type(statement).__name__} statements"
    )


def _modify(
    job: Job,
    cursor: Cursor,
    planner: ScanPlanner,
    statement: nodes.Delete | nodes.Update | nodes.Merge,
    parameters: Arguments,
) -> WriteAnswer:
    table = target_table(job, statement.table, statement.at)
    context = bind_context(job, parameters)
    read = reader(job, cursor, planner)
    match statement:
        case nodes.Delete():
            deletion = bind_delete(statement, context)
            if table.kind != "iceberg":
                raise SqlError("NOT_SUPPORTED", _NOT_TRANSACTIONAL)
            return iceberg.delete(cursor, read, deletion)
        case nodes.Update():
            update = bind_update(statement, context)
            if table.kind != "iceberg":
                raise SqlError("NOT_SUPPORTED", _NOT_TRANSACTIONAL)
            return iceberg.update(cursor, read, update)
        case nodes.Merge():
            merge = bind_merge(statement, context)
            if table.kind != "iceberg":
                raise SqlError("NOT_SUPPORTED", _NOT_TRANSACTIONAL)
            return iceberg.merge(cursor, read, merge)


def _maintain(
    job: Job,
    cursor: Cursor,
    planner: ScanPlanner,
    statement: nodes.Optimize | nodes.Vacuum,
    parameters: Arguments,
) -> TextAnswer:
    table = find_table(job, statement.table)
    word = "OPTIMIZE" if isinstance(statement, nodes.Optimize) else "VACUUM"
    if table.kind != "iceberg":
        raise SqlError("NOT_SUPPORTED", f"{word} is only supported for Iceberg tables")
    if isinstance(statement, nodes.Optimize):
        rewritten = nodes.Delete(statement.at, statement.table, statement.where)
        bound = bind_delete(rewritten, bind_context(job, parameters))
        iceberg.optimize(cursor, reader(job, cursor, planner), bound)
    else:
        iceberg.vacuum(job, table)
    return TextAnswer()
