"""Scans of text, JSON and ORC tables: read into Arrow here, then handed to DuckDB."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc

from local_athena.catalog.model import Partition, Table
from local_athena.engine.formats import effective_serde
from local_athena.engine.job import Job
from local_athena.engine.resolver import FILE_SIZE, FILE_TIME, PATH
from local_athena.engine.scans.convert import Mismatch, convert, describe
from local_athena.engine.scans.delimited import Split, lazy_simple, open_csv
from local_athena.engine.scans.json_lines import arrow_type, json_splitter
from local_athena.engine.scans.lines import line_count, read_lines
from local_athena.engine.scans.listing import DataFile
from local_athena.engine.scans.parquet import file_time
from local_athena.engine.scans.partitions import value_of
from local_athena.engine.scans.text_values import text_value
from local_athena.engine.session import Cursor
from local_athena.sql.bound import TableColumn
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import constant, quote_name, quote_text
from local_athena.sql.types import Type

_CHUNK = 50_000


def arrow_relation(
    job: Job,
    cursor: Cursor,
    table: Table,
    partition: Partition | None,
    files: Sequence[DataFile],
    kind: str,
    columns: Sequence[TableColumn],
    keys: Sequence[tuple[str, Type]],
    name: str,
) -> list[str]:
    """SQL of relations, to be united, with the files' rows; tables are registered as `name`_n.

    All files belong to one partition (or to a table without partitions).
    """
    data = [column for column in columns if not column.hidden and not column.partition_key]
    wanted = [column for column in columns if column.hidden]
    parts = []
    for index, file in enumerate(files):
        job.control.check()
        registered = f"{name}_{index}"
        if kind == "orc":
            values, texts = _orc(file, data)
        elif kind == "json":
            values, texts = _json(job, table, partition, file, data)
        else:
            values, texts = _delimited(job, table, partition, file, kind, data)
        cursor.connection.register(registered, values)
        shown = [f"{texts[column.name]} AS {quote_name(column.name)}" for column in data]
        shown += [
            f"{constant(value_of(value, type_, key), type_)} AS {quote_name(key)}"
            for (key, type_), value in zip(keys, file.values, strict=True)
        ]
        shown += [f"{_hidden(column.name, file)} AS {quote_name(column.name)}" for column in wanted]
        parts.append(f"(SELECT {', '.join(shown)} FROM {registered})")
    return parts


def _hidden(name: str, file: DataFile) -> str:
    return {
        PATH: quote_text(file.uri),
        FILE_SIZE: f"CAST({file.size} AS BIGINT)",
        FILE_TIME: file_time(file),
    }[name]


def _delimited(
    job: Job,
    table: Table,
    partition: Partition | None,
    file: DataFile,
    kind: str,
    columns: Sequence[TableColumn],
) -> tuple[pa.Table, dict[str, str]]:
    serde = effective_serde(table, partition)
    make = open_csv if kind == "csv" else lazy_simple
    split: Split = make(serde.parameters, len(columns))
    lines = _lines(table, partition, file)
    names = [f"v{index}" for index in range(len(columns))]
    rows = (split(line) for line in lines)
    values = _table(job, rows, names, [pa.string()] * len(names))
    texts = {
        column.name: text_value(name, column.type, strict=kind == "csv")
        for name, column in zip(names, columns, strict=True)
    }
    return values, texts


def _json(
    job: Job,
    table: Table,
    partition: Partition | None,
    file: DataFile,
    columns: Sequence[TableColumn],
) -> tuple[pa.Table, dict[str, str]]:
    serde = effective_serde(table, partition)
    split = json_splitter(serde.parameters, [(column.name, column.type) for column in columns])
    names = [f"v{index}" for index in range(len(columns))]
    rows = (row for line in _lines(table, partition, file) if (row := split(line)) is not None)
    values = _table(job, rows, names, [arrow_type(column.type) for column in columns])
    return values, {column.name: name for name, column in zip(names, columns, strict=True)}


def _orc(file: DataFile, columns: Sequence[TableColumn]) -> tuple[pa.Table, dict[str, str]]:
    try:
        reader = orc.ORCFile(file.path)
        physical = {field.name.lower(): field for field in reader.schema}
        found = {c.name: physical[c.name] for c in columns if c.name in physical}
        values = reader.read([field.name for field in found.values()])
    except (pa.ArrowInvalid, OSError) as error:
        raise SqlError("HIVE_BAD_DATA", f"Error reading ORC file {file.uri}: {error}") from error
    texts = {}
    for column in columns:
        field = found.get(column.name)
        if field is None:
            texts[column.name] = constant(None, column.type)
            continue
        try:
            texts[column.name] = convert(quote_name(field.name), field.type, column.type)
        except Mismatch as error:
            raise SqlError(
                "HIVE_BAD_DATA",
                f"Field {field.name}'s type {describe(field.type)} in ORC file {file.uri} is "
                f"incompatible with type {column.type} defined in table schema",
            ) from error
    return values, texts


def _lines(table: Table, partition: Partition | None, file: DataFile) -> Iterator[str]:
    parameters = {**effective_serde(table, partition).parameters, **table.parameters}
    return read_lines(
        file.path,
        file.uri,
        line_count(parameters, "skip.header.line.count"),
        line_count(parameters, "skip.footer.line.count"),
    )


def _table(
    job: Job, rows: Iterator[list[Any]], names: list[str], arrow_types: list[pa.DataType]
) -> pa.Table:
    """Rows gathered into Arrow chunk by chunk, one row of nothing kept out."""
    schema = pa.schema(list(zip(names, arrow_types, strict=True)))
    batches = []
    chunk: list[list[Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            job.control.check()
            batches.append(_batch(chunk, schema))
            chunk = []
    if chunk:
        batches.append(_batch(chunk, schema))
    if not names:
        raise SqlError("HIVE_INVALID_METADATA", "The table has no columns")
    return pa.Table.from_batches(batches, schema)


def _batch(rows: list[list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    try:
        arrays = [
            pa.array(values, type_)
            for values, type_ in zip(zip(*rows, strict=True), schema.types, strict=True)
        ]
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise SqlError(
            "HIVE_BAD_DATA", f"A value is outside the range of its column: {error}"
        ) from error
    return pa.record_batch(arrays, schema=schema)
