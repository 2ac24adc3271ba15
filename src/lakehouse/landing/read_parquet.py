"""Records out of Parquet bytes: every column as text, so that one door checks all sources alike.

A number shows its digits, an instant with a zone is written in UTC with `Z`, one without a zone as
the wall clock that it is. The order of columns does not matter.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lakehouse.contracts import Contract
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.read_csv import repeated
from lakehouse.landing.records import Records
from lakehouse.landing.utf8 import decode_utf8

_ROWS = 65_536
_BUFFER_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 16 * 1024 * 1024


def iter_parquet(source: IO[bytes], source_file: str, contract: Contract) -> Iterator[Records]:
    """Read one file under a contract, some _ROWS at a time; there is always a chunk.

    Its end is read first, so it is copied to the local disk when it is not small.

    Raises:
        SourceSchemaError: the file is not Parquet, lacks columns of the contract, or has one of a
            type that is no text, number, boolean, date or instant.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, prefix="lakehouse-landing-") as copy:
        shutil.copyfileobj(source, copy, _BUFFER_BYTES)
        copy.seek(0)
        try:
            with pq.ParquetFile(copy) as file:
                yield from _read_batches(file, source_file, contract)
        except (pa.ArrowInvalid, OSError) as error:
            raise SourceSchemaError(
                contract.feed, f"{source_file} is not Parquet that can be read: {error}"
            ) from error


def _read_batches(file: pq.ParquetFile, source_file: str, contract: Contract) -> Iterator[Records]:
    found = file.schema_arrow.names
    names = {column.source_path: column.name for column in contract.delivered}
    missing = [path for path in names if path not in found]
    if missing:
        raise SourceSchemaError(
            contract.feed,
            f"{source_file} lacks the columns {', '.join(missing)}; it has "
            f"{', '.join(found)}. Deliver them, or change {contract.file}",
        )
    ignored = tuple(sorted(set(found) - set(names)))
    empty = pa.schema([file.schema_arrow.field(path) for path in names]).empty_table()
    batches = file.iter_batches(_ROWS, columns=list(names), use_threads=False)
    before = 0
    for table in chain([empty], (pa.Table.from_batches([batch]) for batch in batches)):
        texts = pa.table(
            {
                name: _as_bytes(table[path], f"{source_file}: {path}", contract)
                for path, name in names.items()
            }
        )
        numbers = np.arange(before + 1, before + texts.num_rows + 1)
        before += texts.num_rows
        columns, numbers, unreadable = decode_utf8(texts, numbers, source_file)
        yield Records(
            columns=columns,
            row_number=pa.chunked_array([pa.array(numbers, pa.int64())]),
            source_file=repeated(source_file, columns.num_rows),
            unreadable=tuple(unreadable),
            ignored=ignored,
        )


def _as_bytes(column: Any, place: str, contract: Contract) -> Any:
    """A column's texts as bytes, which may not be UTF-8 where the source says that they are."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        return column.cast(pa.binary())
    if pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.cast(pa.string()).cast(pa.binary())
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind) or pa.types.is_date(kind):
        return column.cast(pa.string()).cast(pa.binary())
    if pa.types.is_timestamp(kind):
        clocks = column.cast(pa.timestamp(kind.unit)).cast(pa.string())
        zone = "" if kind.tz is None else "Z"
        return pc.binary_join_element_wise(clocks, zone, "").cast(pa.binary())
    raise SourceSchemaError(
        contract.feed, f"{place} is {kind}, which is no text, number, boolean, date or instant"
    )
