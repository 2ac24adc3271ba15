"""Rows to data files in a temporary folder, split by partition.

Nothing here is visible to readers: `publish` moves the files to where they belong.
"""

import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.orc as orc

from local_athena.engine.ddl.partition_values import NULL_VALUE
from local_athena.engine.job import Job
from local_athena.engine.session import Cursor
from local_athena.engine.writes.encoding import (
    csv_line,
    json_line,
    json_text,
    text_line,
    text_output,
)
from local_athena.engine.writes.outgoing import outgoing, partition_text
from local_athena.engine.writes.properties import WriteProperties
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import quote_name, quote_text
from local_athena.sql.types import Type

MOST_PARTITIONS = 100
Columns = Sequence[tuple[str, Type]]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file in the temporary folder, and its partition's values (Hive's texts)."""

    path: Path
    values: tuple[str, ...]


def write_rows(
    job: Job,
    cursor: Cursor,
    sql: str,
    columns: Columns,
    keys: Columns,
    properties: WriteProperties,
    folder: Path,
) -> tuple[int, list[WrittenFile]]:
    """Run `sql` (columns c0, c1...: data columns, then partition keys) into files.

    Returns rows and files; no file when there are no rows.

    Raises:
        SqlError: the query fails, or HIVE_TOO_MANY_OPEN_PARTITIONS above 100 partitions.
    """
    kind = properties.form.name
    if kind == "PARQUET":
        return _write_parquet(cursor, sql, columns, keys, properties, folder)
    writers: dict[str, Callable[..., _Sink]] = {
        "TEXTFILE": _TextSink,
        "JSON": _JsonSink,
        "ORC": _OrcSink,
    }
    if properties.field_delimiter == CSV_MARK:
        writers["TEXTFILE"] = _CsvSink
    if kind not in writers:
        raise SqlError("NOT_SUPPORTED", f"local_athena does not write the format {kind}")
    return _write_batches(job, cursor, sql, columns, keys, properties, folder, writers[kind])


CSV_MARK = "\0csv"
"""The `field_delimiter` that stands for OpenCSVSerde's quoted fields."""


def _write_parquet(
    cursor: Cursor,
    sql: str,
    columns: Columns,
    keys: Columns,
    properties: WriteProperties,
    folder: Path,
) -> tuple[int, list[WrittenFile]]:
    width = len(columns)
    shown = [
        f"{outgoing(f'c{index}', type_)} AS {quote_name(name)}"
        for index, (name, type_) in enumerate(columns)
    ]
    options = (
        f"FORMAT parquet, COMPRESSION {properties.compression.replace('none', 'uncompressed')}"
    )
    if properties.compression_level is not None and properties.compression == "zstd":
        options += f", COMPRESSION_LEVEL {properties.compression_level}"
    if not keys:
        target = folder / "rows.parquet"
        query = f"SELECT {', '.join(shown)} FROM ({sql})"
        copy = f"COPY ({query}) TO {quote_text(str(target))} ({options})"
        rows = cursor.rows(copy)[0][0]
        return rows, [WrittenFile(target, ())] if rows else []
    shown += [
        f"nullif({partition_text(f'c{width + index}', type_)}, '') AS \"$p{index}\""
        for index, (_, type_) in enumerate(keys)
    ]
    by = ", ".join(f'"$p{index}"' for index in range(len(keys)))
    target = folder / "partitions"
    rows = cursor.rows(
        f"COPY (SELECT {', '.join(shown)} FROM ({sql})) TO {quote_text(str(target))} "
        f"({options}, PARTITION_BY ({by}), WRITE_PARTITION_COLUMNS false)"
    )[0][0]
    files = [WrittenFile(path, _values(path, target)) for path in sorted(target.rglob("*.parquet"))]
    _check_partitions({file.values for file in files})
    return rows, files


def _values(path: Path, top: Path) -> tuple[str, ...]:
    folders = path.relative_to(top).parts[:-1]
    return tuple(unquote(folder.partition("=")[2]) for folder in folders)


def _check_partitions(values: set[tuple[str, ...]]) -> None:
    if len(values) > MOST_PARTITIONS:
        raise SqlError(
            "HIVE_TOO_MANY_OPEN_PARTITIONS",
            f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets",
        )
    for partition in values:
        for value in partition:
            if any(not " " <= char <= "~" for char in value):
                raise SqlError(
                    "INVALID_PARTITION_VALUE",
                    "Hive partition keys can only contain printable ASCII characters "
                    f"(0x20 - 0x7E). Invalid value: {value.encode().hex(' ').upper()}",
                )


class _Sink:
    """An open file that takes batches of data columns."""

    def __init__(self, path: Path, columns: Columns, properties: WriteProperties) -> None:
        self.path = path
        self.columns = columns
        self.properties = properties

    def write(self, batch: pa.RecordBatch) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class _LineSink(_Sink):
    """Text, one row a line."""

    def __init__(self, path: Path, columns: Columns, properties: WriteProperties) -> None:
        super().__init__(path, columns, properties)
        self._raw: IO[bytes] = path.open("wb")
        self._file: IO[bytes] = self._raw
        if properties.compression == "gzip":
            self._file = cast(
                "IO[bytes]", gzip.GzipFile(filename="", fileobj=self._raw, mode="wb", mtime=0)
            )

    def line(self, row: Sequence[Any]) -> str:
        raise NotImplementedError

    def write(self, batch: pa.RecordBatch) -> None:
        text = io.StringIO()
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            text.write(self.line(row))
            text.write("\n")
        self._file.write(text.getvalue().encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        self._file.close()
        self._raw.close()


class _TextSink(_LineSink):
    def line(self, row: Sequence[Any]) -> str:
        return text_line(row, self.properties.field_delimiter)


class _CsvSink(_LineSink):
    def line(self, row: Sequence[Any]) -> str:
        return csv_line(row)


class _JsonSink(_LineSink):
    def line(self, row: Sequence[Any]) -> str:
        return json_text(json_line(row, self.columns))


class _OrcSink(_Sink):
    def __init__(self, path: Path, columns: Columns, properties: WriteProperties) -> None:
        super().__init__(path, columns, properties)
        codec = properties.compression.replace("none", "uncompressed")
        self._writer = orc.ORCWriter(path, compression=codec)

    def write(self, batch: pa.RecordBatch) -> None:
        names = [name for name, _ in self.columns]
        self._writer.write(pa.Table.from_arrays(batch.columns, names))

    def close(self) -> None:
        self._writer.close()


def _write_batches(
    job: Job,
    cursor: Cursor,
    sql: str,
    columns: Columns,
    keys: Columns,
    properties: WriteProperties,
    folder: Path,
    make: Callable[..., _Sink],
) -> tuple[int, list[WrittenFile]]:
    width = len(columns)
    lines = properties.form.name == "TEXTFILE"
    shown = [
        f"{text_output(f'c{index}', type_) if lines else outgoing(f'c{index}', type_)} AS d{index}"
        for index, (_, type_) in enumerate(columns)
    ]
    shown += [
        f"coalesce(nullif({partition_text(f'c{width + index}', type_)}, ''), "
        f"{quote_text(NULL_VALUE)}) AS p{index}"
        for index, (_, type_) in enumerate(keys)
    ]
    sinks: dict[tuple[str, ...], _Sink] = {}
    rows = 0
    try:
        for batch in cursor.batches(f"SELECT {', '.join(shown)} FROM ({sql})"):
            job.control.check()
            rows += batch.num_rows
            for values, part in _split(batch, width):
                if values not in sinks:
                    _check_partitions({*sinks, values})
                    sinks[values] = make(folder / f"part-{len(sinks)}", columns, properties)
                sinks[values].write(part)
    finally:
        for sink in sinks.values():
            sink.close()
    return rows, [WrittenFile(sink.path, values) for values, sink in sinks.items()]


def _split(batch: pa.RecordBatch, width: int) -> Iterator[tuple[tuple[str, ...], pa.RecordBatch]]:
    """The batch's data columns by partition values."""
    data = batch.select(list(range(width)))
    if batch.num_rows == 0:
        return
    if batch.num_columns == width:
        yield (), data
        return
    places: dict[tuple[str, ...], list[int]] = {}
    texts = (batch.column(index).to_pylist() for index in range(width, batch.num_columns))
    for position, values in enumerate(zip(*texts, strict=True)):
        places.setdefault(values, []).append(position)
    for values, positions in places.items():
        yield values, data.take(pa.array(positions))
