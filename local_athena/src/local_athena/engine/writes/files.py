"""Rows to data files in a temporary folder, split by partition.

Nothing here is visible to readers: `publish` moves the files to where they belong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa

from local_athena.engine.ddl.partition_values import NULL_VALUE
from local_athena.engine.job import Job
from local_athena.engine.session import Cursor
from local_athena.engine.writes.bucketing import bucket_number
from local_athena.engine.writes.encoding import text_output
from local_athena.engine.writes.outgoing import holds_instants, outgoing, partition_text
from local_athena.engine.writes.properties import WriteProperties
from local_athena.engine.writes.sinks import Columns, Sink, sink_class
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import quote_name, quote_text

MOST_PARTITIONS = 100
Split = tuple[Path, tuple[str, ...]]
"""A file and the texts by which its rows were split."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file in the temporary folder; its partition's values (Hive's texts) and bucket."""

    path: Path
    values: tuple[str, ...]
    bucket: int | None = None


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
    split = [
        f"coalesce(nullif({partition_text(f'c{len(columns) + index}', type_)}, ''), "
        f"{quote_text(NULL_VALUE)})"
        for index, (_, type_) in enumerate(keys)
    ]
    bucket = bucket_number(columns, properties)
    if bucket is not None:
        split.append(f"CAST({bucket} AS VARCHAR)")
    instants = any(holds_instants(type_) for _, type_ in columns)
    if properties.form.name == "PARQUET" and not instants:
        rows, found = _write_parquet(cursor, sql, columns, split, properties, folder)
    else:
        rows, found = _write_batches(job, cursor, sql, columns, split, properties, folder)
    if bucket is None:
        return rows, [WrittenFile(path, values) for path, values in found]
    return rows, [WrittenFile(path, values[:-1], int(values[-1])) for path, values in found]


def _write_parquet(
    cursor: Cursor,
    sql: str,
    columns: Columns,
    split: Sequence[str],
    properties: WriteProperties,
    folder: Path,
) -> tuple[int, list[Split]]:
    shown = [
        f"{outgoing(f'c{index}', type_)} AS {quote_name(name)}"
        for index, (name, type_) in enumerate(columns)
    ]
    options = (
        f"FORMAT parquet, COMPRESSION {properties.compression.replace('none', 'uncompressed')}"
    )
    if properties.compression_level is not None and properties.compression == "zstd":
        options += f", COMPRESSION_LEVEL {properties.compression_level}"
    if not split:
        target = folder / "rows.parquet"
        query = f"SELECT {', '.join(shown)} FROM ({sql})"
        copy = f"COPY ({query}) TO {quote_text(str(target))} ({options})"
        rows = cursor.rows(copy)[0][0]
        return rows, [(target, ())] if rows else []
    shown += [f'{text} AS "$p{index}"' for index, text in enumerate(split)]
    by = ", ".join(f'"$p{index}"' for index in range(len(split)))
    target = folder / "partitions"
    rows = cursor.rows(
        f"COPY (SELECT {', '.join(shown)} FROM ({sql})) TO {quote_text(str(target))} "
        f"({options}, PARTITION_BY ({by}), WRITE_PARTITION_COLUMNS false)"
    )[0][0]
    files = [(path, _values(path, target)) for path in sorted(target.rglob("*.parquet"))]
    _check_partitions({values for _, values in files})
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
                    "HIVE_INVALID_PARTITION_VALUE",
                    "Hive partition keys can only contain printable ASCII characters "
                    f"(0x20 - 0x7E). Invalid value: {value.encode().hex(' ').upper()}",
                )


def _write_batches(
    job: Job,
    cursor: Cursor,
    sql: str,
    columns: Columns,
    split: Sequence[str],
    properties: WriteProperties,
    folder: Path,
) -> tuple[int, list[Split]]:
    make = sink_class(properties)
    width = len(columns)
    lines = properties.form.name == "TEXTFILE"
    shown = [
        f"{text_output(f'c{index}', type_) if lines else outgoing(f'c{index}', type_)} AS d{index}"
        for index, (_, type_) in enumerate(columns)
    ]
    shown += [f"{text} AS p{index}" for index, text in enumerate(split)]
    sinks: dict[tuple[str, ...], Sink] = {}
    rows = 0
    try:
        for batch in cursor.batches(f"SELECT {', '.join(shown)} FROM ({sql})"):
            job.control.check()
            rows += batch.num_rows
            for values, part in _parts(batch, width):
                if values not in sinks:
                    _check_partitions({*sinks, values})
                    sinks[values] = make(folder / f"part-{len(sinks)}", columns, properties)
                sinks[values].write(part)
    finally:
        for sink in sinks.values():
            sink.close()
    return rows, [(sink.path, values) for values, sink in sinks.items()]


def _parts(batch: pa.RecordBatch, width: int) -> Iterator[tuple[tuple[str, ...], pa.RecordBatch]]:
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
