"""CREATE VIEW and DROP VIEW: views as Presto's encoded text in Glue."""

from local_athena.catalog.model import Column, Table
from local_athena.catalog.views import EXPANDED_TEXT, View, ViewColumn, encode_view
from local_athena.engine.answer import TextAnswer
from local_athena.engine.binding import bind_context
from local_athena.engine.job import CATALOG_NAME, Job
from local_athena.errors import EntityNotFoundError
from local_athena.sql import nodes
from local_athena.sql.binder import bind_query
from local_athena.sql.errors import SqlError
from local_athena.sql.types import UNKNOWN, Field, Type


def create_view(job: Job, statement: nodes.CreateView) -> TextAnswer:
    """Create or replace a view; its query must bind."""
    database, name = job.qualify(statement.view)
    try:
        job.catalog.get_database(database)
    except EntityNotFoundError as error:
        raise SqlError(
            "SCHEMA_NOT_FOUND", f"Schema {database} not found", statement.view.at
        ) from error
    old = _find(job, database, name)
    if old is not None and old.kind != "view":
        raise SqlError(
            "TABLE_ALREADY_EXISTS",
            f"Table already exists: '{CATALOG_NAME}.{database}.{name}'",
            statement.at,
        )
    if old is not None and not statement.or_replace:
        raise SqlError(
            "TABLE_ALREADY_EXISTS",
            f"View already exists: '{CATALOG_NAME}.{database}.{name}'",
            statement.at,
        )
    query = bind_query(statement.query, bind_context(job), new_view=(database, name))
    columns = []
    for position, column in enumerate(query.columns, start=1):
        if not column.name:
            raise SqlError(
                "MISSING_COLUMN_NAME",
                f"Column name not specified at position {position}",
                statement.at,
            )
        if column.type == UNKNOWN:
            raise SqlError(
                "COLUMN_TYPE_UNKNOWN", f"Column type is unknown: {column.name}", statement.at
            )
        columns.append((column.name.lower(), column.type))
    names = [column for column, _ in columns]
    for name_ in names:
        if names.count(name_) > 1:
            raise SqlError(
                "DUPLICATE_COLUMN_NAME",
                f"Column name '{name_}' specified more than once",
                statement.at,
            )
    table = _view_table(job, statement, database, name, columns)
    if old is None:
        job.catalog.create_table(table)
    else:
        job.catalog.update_table(table)
    return TextAnswer()


def drop_view(job: Job, statement: nodes.DropView) -> TextAnswer:
    """Remove a view."""
    database, name = job.qualify(statement.view)
    table = _find(job, database, name)
    if table is None and statement.if_exists:
        return TextAnswer()
    if table is None or table.kind != "view":
        shown = f"{CATALOG_NAME}.{database}.{name}"
        problem = f"View '{shown}' does not exist"
        if table is not None:
            problem += f", but a table with that name exists. Did you mean DROP TABLE {shown}?"
        raise SqlError("GENERIC_USER_ERROR", problem, statement.at)
    job.catalog.drop_table(database, name)
    return TextAnswer()


def _view_table(
    job: Job,
    statement: nodes.CreateView,
    database: str,
    name: str,
    columns: list[tuple[str, Type]],
) -> Table:
    view = View(
        sql=statement.query_text,
        columns=tuple(ViewColumn(column, str(type_)) for column, type_ in columns),
        catalog=CATALOG_NAME,
        schema=job.database,
    )
    parameters = {"comment": "Presto View", "presto_view": "true"}
    if statement.comment:
        parameters["comment"] = statement.comment
    return Table(
        database=database,
        name=name,
        columns=tuple(Column(column, view_column_type(type_)) for column, type_ in columns),
        location="",
        parameters=parameters,
        table_type="VIRTUAL_VIEW",
        view_original_text=encode_view(view),
        view_expanded_text=EXPANDED_TEXT,
        description=statement.comment,
    )


def view_column_type(type_: Type) -> str:
    """The Glue text of a view column's type: Hive has no precision of timestamps here.

    A type that Hive lacks is kept as `string`: the encoded text holds the true one.
    """
    base, arguments = type_.base, type_.arguments
    plain = {
        "integer": "int",
        "real": "float",
        "varbinary": "binary",
        "timestamp": "timestamp",
        "timestamp with time zone": "timestamp with time zone",
    }
    if base in plain:
        return plain[base]
    if base == "varchar":
        return "string" if arguments == (None,) else f"varchar({arguments[0]})"
    if base == "decimal":
        return f"decimal({arguments[0]},{arguments[1]})"
    if base in ("array", "map"):
        inner = ",".join(view_column_type(part) for part in arguments if isinstance(part, Type))
        return f"{base}<{inner}>"
    if base == "row":
        fields = [part for part in arguments if isinstance(part, Field)]
        return "struct<{}>".format(
            ",".join(
                f"{field.name or f'_field{index}'}:{view_column_type(field.type)}"
                for index, field in enumerate(fields)
            )
        )
    if base in ("boolean", "tinyint", "smallint", "bigint", "double", "date", "char"):
        return str(type_)
    return "string"


def _find(job: Job, database: str, name: str) -> Table | None:
    try:
        return job.catalog.get_table(database, name)
    except EntityNotFoundError:
        return None
