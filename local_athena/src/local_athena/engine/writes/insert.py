"""INSERT INTO a Hive table; Iceberg's is delegated."""

from local_athena.catalog.model import Table
from local_athena.engine import iceberg
from local_athena.engine.answer import WriteAnswer
from local_athena.engine.binding import bind_context
from local_athena.engine.formats import AVRO, JSON, ORC, PARQUET, TEXTFILE, file_kind
from local_athena.engine.hive_types import trino_type
from local_athena.engine.job import CATALOG_NAME, Job
from local_athena.engine.reading import plan_reading, reader
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.scans.simple_text import delimiter_of
from local_athena.engine.session import Cursor
from local_athena.engine.writes.files import write_rows
from local_athena.engine.writes.properties import (
    WriteProperties,
    compression_level_of,
    compression_of,
)
from local_athena.engine.writes.publish import place_files, publication, register_partitions
from local_athena.errors import EntityNotFoundError
from local_athena.sql import nodes
from local_athena.sql.binder import bind_insert
from local_athena.sql.errors import SqlError

_FORMS = {"parquet": PARQUET, "orc": ORC, "avro": AVRO, "json": JSON, "text": TEXTFILE}
"""What INSERT writes (Athena user guide, "INSERT INTO", "Supported formats and SerDes")."""


def insert(
    job: Job,
    cursor: Cursor,
    planner: ScanPlanner,
    statement: nodes.Insert,
    parameters: tuple[nodes.Expression, ...],
) -> WriteAnswer:
    """Add a query's rows as new files; new partitions are registered.

    Raises:
        SqlError: no such table, a view, a format that is not written, or the query fails.
    """
    table = target_table(job, statement.table, statement.at)
    bound = bind_insert(statement, bind_context(job, parameters))
    if table.kind == "iceberg":
        return iceberg.insert(cursor, reader(job, cursor, planner), bound)
    if table.bucket_columns and (table.bucket_count or 0) > 0:
        raise SqlError("NOT_SUPPORTED", "INSERT INTO is not supported on bucketed tables")
    columns = [(column.name, trino_type(column.type)) for column in table.columns]
    keys = [(key.name, trino_type(key.type)) for key in table.partition_keys]
    if not table.location:
        raise SqlError("HIVE_METASTORE_ERROR", f"Table {table.name} has no location")
    properties = properties_of(table)
    reading = plan_reading(job, cursor, planner, bound.query)
    with job.store.temporary_folder() as folder:
        rows, files = write_rows(job, cursor, reading.sql, columns, keys, properties, folder)
        published = publication(job)
        known = job.catalog.partitions(table.database, table.name) if keys else ()
        added = place_files(job, published, table, files, known, properties.ending)
        with published.commit():
            register_partitions(job, table, added)
    return WriteAnswer(rows, published.uris or None, published.size_bytes)


def target_table(job: Job, name: nodes.Name, at: nodes.At) -> Table:
    """The table that a statement at `at` changes; binding refuses a view.

    Raises:
        SqlError: TABLE_NOT_FOUND.
    """
    database, table_name = job.qualify(name)
    try:
        return job.catalog.get_table(database, table_name)
    except EntityNotFoundError as error:
        shown = f"{CATALOG_NAME}.{database}.{table_name}"
        raise SqlError("TABLE_NOT_FOUND", f"Table '{shown}' does not exist", at) from error


def properties_of(table: Table) -> WriteProperties:
    """How new files of an existing table are written.

    Raises:
        SqlError: the format is not written.
    """
    kind = file_kind(table)
    form = _FORMS.get(kind)
    if form is None:
        raise SqlError(
            "HIVE_UNSUPPORTED_FORMAT",
            f"Output format {table.output_format} with SerDe {table.serde.library} is not "
            "supported.",
        )
    given = {name.lower(): value for name, value in table.parameters.items()}
    chosen = {name: given[name] for name in ("compression_level",) if name in given}
    for name in ("write.compression", f"{kind}.compression", "orc.compress"):
        if name in given and (kind == "orc" or name != "orc.compress"):
            chosen.setdefault("write_compression", given[name])
    compression = compression_of(chosen, form)
    level = compression_level_of(chosen, compression, form)
    delimiter = delimiter_of(table.serde.parameters) if kind == "text" else "\x01"
    return WriteProperties(form, compression, field_delimiter=delimiter, compression_level=level)
