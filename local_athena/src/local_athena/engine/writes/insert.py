"""INSERT INTO a Hive table; Iceberg's is delegated."""

from local_athena.catalog.model import Table
from local_athena.engine import iceberg
from local_athena.engine.answer import WriteAnswer
from local_athena.engine.binding import bind_context
from local_athena.engine.formats import BY_NAME, PARQUET, TEXTFILE, file_kind
from local_athena.engine.hive_types import trino_type
from local_athena.engine.job import CATALOG_NAME, Job
from local_athena.engine.reading import plan_reading, reader
from local_athena.engine.scans import ScanPlanner
from local_athena.engine.scans.simple_text import delimiter_of
from local_athena.engine.session import Cursor
from local_athena.engine.writes.create_as import suffix_of
from local_athena.engine.writes.files import CSV_MARK, write_rows
from local_athena.engine.writes.properties import WriteProperties
from local_athena.engine.writes.publish import place_files, publication, register_partitions
from local_athena.errors import EntityNotFoundError
from local_athena.sql import nodes
from local_athena.sql.binder import bind_insert
from local_athena.sql.errors import SqlError

_CODECS = {
    "parquet": {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4_raw"},
    "orc": {"ZLIB": "zlib", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4"},
}
_DEFAULTS = {"parquet": "gzip", "orc": "zlib", "text": "gzip", "csv": "gzip", "json": "gzip"}


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
    table = target_table(job, statement.table, "Inserting into")
    bound = bind_insert(statement, bind_context(job, parameters))
    if table.kind == "iceberg":
        return iceberg.insert(cursor, reader(job, cursor, planner), bound)
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
        added = place_files(job, published, table, files, known, suffix_of(properties))
        with published.commit():
            register_partitions(job, table, added)
    return WriteAnswer(rows, published.uris, published.size_bytes)


def target_table(job: Job, name: nodes.Name, doing: str) -> Table:
    """The table that DML names, not a view.

    Raises:
        SqlError: SCHEMA_NOT_FOUND, TABLE_NOT_FOUND, NOT_SUPPORTED for a view.
    """
    database, table_name = job.qualify(name)
    try:
        table = job.catalog.get_table(database, table_name)
    except EntityNotFoundError as error:
        try:
            job.catalog.get_database(database)
        except EntityNotFoundError:
            raise SqlError(
                "SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", name.at
            ) from error
        raise SqlError(
            "TABLE_NOT_FOUND",
            f"Table '{CATALOG_NAME}.{database}.{table_name}' does not exist",
            name.at,
        ) from error
    if table.kind == "view":
        raise SqlError("NOT_SUPPORTED", f"{doing} views is not supported", name.at)
    return table


def properties_of(table: Table) -> WriteProperties:
    """How new files of an existing table are written.

    Raises:
        SqlError: the format is not written.
    """
    kind = file_kind(table)
    parameters = {name.lower(): value for name, value in table.parameters.items()}
    text = parameters.get(
        "write.compression",
        parameters.get(f"{kind}.compression", parameters.get(f"{kind}.compress")),
    )
    codecs = _CODECS.get(kind, {"GZIP": "gzip"}) | {"NONE": "none", "UNCOMPRESSED": "none"}
    compression = _DEFAULTS.get(kind, "none")
    if text is not None:
        if text.upper() not in codecs:
            raise SqlError("NOT_SUPPORTED", f"local_athena does not write compression {text}")
        compression = codecs[text.upper()]
    if kind == "parquet":
        return WriteProperties(PARQUET, compression)
    if kind == "csv":
        return WriteProperties(TEXTFILE, compression, field_delimiter=CSV_MARK)
    if kind == "text":
        delimiter = delimiter_of(table.serde.parameters)
        return WriteProperties(TEXTFILE, compression, field_delimiter=delimiter)
    return WriteProperties(BY_NAME[kind.upper()], compression)
