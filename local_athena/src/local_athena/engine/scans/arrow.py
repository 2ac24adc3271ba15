"""Scans of text, JSON, Avro and ORC tables: read into Arrow here, then handed to DuckDB."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from local_athena.catalog.model import Partition, Table
from local_athena.engine.formats import effective_serde
from local_athena.engine.job import Job
from local_athena.engine.scans.avro import avro_rows
from local_athena.engine.scans.hidden import hidden_value
from local_athena.engine.scans.hive_json import hive_json
from local_athena.engine.scans.json_values import arrow_type
from local_athena.engine.scans.lines import line_count, read_lines
from local_athena.engine.scans.listing import DataFile
from local_athena.engine.scans.open_csv import open_csv
from local_athena.engine.scans.openx_json import openx_json
from local_athena.engine.scans.orc import orc_values
from local_athena.engine.scans.partitions import value_of
from local_athena.engine.scans.regex_lines import grok_splitter, regex_splitter
from local_athena.engine.scans.simple_text import lazy_simple, text_arrow_type
from local_athena.engine.scans.text_values import Rules, text_value
from local_athena.engine.session import Cursor
from local_athena.sql.bound import TableColumn
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import constant, quote_name
from local_athena.sql.types import Type

_CHUNK = 50_000
_TEXT_RULES: dict[str, Rules] = {"text": "simple", "csv": "csv", "regex": "regex", "grok": "regex"}
Values = tuple[pa.Table, dict[str, str]]
"""A file's rows, and the SQL of each column of the table by its name."""


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
    if not data:
        raise SqlError("HIVE_INVALID_METADATA", "The table has no columns")
    wanted = [column for column in columns if column.hidden]
    key_names = [key for key, _ in keys]
    parts = []
    for index, file in enumerate(files):
        job.control.check()
        registered = f"{name}_{index}"
        values, texts = _file_values(job, table, partition, file, kind, data)
        cursor.connection.register(registered, values)
        shown = [f"{texts[column.name]} AS {quote_name(column.name)}" for column in data]
        shown += [
            f"{constant(value_of(value, type_, key), type_)} AS {quote_name(key)}"
            for (key, type_), value in zip(keys, file.values, strict=True)
        ]
        shown += [
            f"{hidden_value(column.name, file, key_names)} AS {quote_name(column.name)}"
            for column in wanted
        ]
        parts.append(f"(SELECT {', '.join(shown)} FROM {registered})")
    return parts


def _file_values(
    job: Job,
    table: Table,
    partition: Partition | None,
    file: DataFile,
    kind: str,
    columns: Sequence[TableColumn],
) -> Values:
    parameters = effective_serde(table, partition).parameters
    pairs = [(column.name, column.type) for column in columns]
    if kind == "orc":
        return orc_values(parameters, pairs, file)
    if kind == "avro":
        return _typed(job, avro_rows(parameters, pairs, file), pairs)
    lines = _lines(table, partition, file)
    if kind in ("json", "openx"):
        read = (hive_json if kind == "json" else openx_json)(parameters, pairs)
        return _typed(job, map(read, lines), pairs)
    types = [type_ for _, type_ in pairs]
    if kind == "text":
        split = lazy_simple(parameters, types)
    else:
        make = {"csv": open_csv, "regex": regex_splitter, "grok": grok_splitter}[kind]
        split = make(parameters, len(columns))
    values = _table(job, map(split, lines), [text_arrow_type(type_) for type_ in types])
    return values, {
        name: text_value(f"v{index}", type_, _TEXT_RULES[kind], index)
        for index, (name, type_) in enumerate(pairs)
    }


def _typed(job: Job, rows: Iterator[list[Any]], pairs: Sequence[tuple[str, Type]]) -> Values:
    """Rows whose values are of the columns' types already."""
    values = _table(job, rows, [arrow_type(type_) for _, type_ in pairs])
    return values, {name: f"v{index}" for index, (name, _) in enumerate(pairs)}


def _lines(table: Table, partition: Partition | None, file: DataFile) -> Iterator[str]:
    parameters = {**effective_serde(table, partition).parameters, **table.parameters}
    return read_lines(
        file.path,
        file.uri,
        line_count(parameters, "skip.header.line.count"),
        line_count(parameters, "skip.footer.line.count"),
    )


def _table(job: Job, rows: Iterator[list[Any]], arrow_types: list[pa.DataType]) -> pa.Table:
    """Rows gathered chunk by chunk into Arrow columns v0, v1…"""
    schema = pa.schema([(f"v{index}", type_) for index, type_ in enumerate(arrow_types)])
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
