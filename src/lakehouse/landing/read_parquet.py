"""Records out of Parquet bytes: every column as text, so that one door checks all sources alike.

A number shows its digits, an instant with a zone is written in UTC with `Z`, one without a zone as
the wall clock that it is. The order of columns does not matter.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
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
from lakehouse.landing.streams import BLOCK_BYTES, MOST_EXPANSION
from lakehouse.landing.utf8 import decode_utf8

_ROWS = 65_536
_BATCH_BYTES = 32 * 1024 * 1024
_BUFFER_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 16 * 1024 * 1024


def iter_parquet(source: IO[bytes], source_file: str, contract: Contract) -> Iterator[Records]:
    """Read one file under a contract, some _ROWS at a time; there is always a chunk.

    Its end is read first, so it is copied to the local disk when it is not small.

    Raises:
        SourceSchemaError: the file is not Parquet, lacks columns of the contract, has some of the
            same name or one of a type that is no text, number, boolean, date or instant; or a row
            has more than BLOCK_BYTES, or the rows more than MOST_EXPANSION times the file's size.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, prefix="lakehouse-landing-") as copy:
        shutil.copyfileobj(source, copy, _BUFFER_BYTES)
        most_bytes = max(BLOCK_BYTES, MOST_EXPANSION * copy.tell())
        copy.seek(0)
        try:
            yield from _read_batches(copy, most_bytes, source_file, contract)
        except (pa.ArrowException, OSError) as error:
            raise SourceSchemaError(
                contract.feed, f"{source_file} is not Parquet that can be read: {error}"
            ) from error


def _read_batches(
    copy: Any, most_bytes: int, source_file: str, contract: Contract
) -> Iterator[Records]:
    metadata = pq.read_metadata(copy)
    found = metadata.schema.to_arrow_schema().names
    names = {column.source_path: column.name for column in contract.delivered}
    _check_names(found, names, source_file, contract)
    ignored = tuple(sorted(set(found) - set(names)))
    size = _Size(copy, metadata, names)
    if size.unpacked > most_bytes:
        raise _refuse_bomb(source_file, contract)
    if size.row_bytes > BLOCK_BYTES:
        raise _refuse_long(source_file, contract)
    unpacked, before = 0, 0
    with pq.ParquetFile(copy, metadata=metadata) as file:
        empty = pa.schema([file.schema_arrow.field(path) for path in names]).empty_table()
        rows = max(1, min(_ROWS, int(_BATCH_BYTES / size.row_bytes)))
        batches = file.iter_batches(rows, columns=list(names), use_threads=False)
        tables = (pa.Table.from_batches([batch]) for batch in batches)
        slices = (part for table in tables for part in _slice(table, source_file, contract))
        for table in chain([empty], slices):
            unpacked += table.num_rows + _count_bytes(table)
            if unpacked > most_bytes:
                raise _refuse_bomb(source_file, contract)
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


def _check_names(
    found: Sequence[str], wanted: Iterable[str], source_file: str, contract: Contract
) -> None:
    twice = [name for name, count in Counter(found).items() if count > 1]
    if twice:
        raise SourceSchemaError(
            contract.feed, f"{source_file} has columns of the same name: {', '.join(twice)}"
        )
    missing = [path for path in wanted if path not in found]
    if missing:
        raise SourceSchemaError(
            contract.feed,
            f"{source_file} lacks the columns {', '.join(missing)}; it has "
            f"{', '.join(found)}. Deliver them, or change {contract.file}",
        )


class _Size:
    """What a file takes when it is unpacked, as far as that shows before its rows are read.

    `unpacked`: bytes of the wanted columns before compression, and one more a row. `row_bytes`: of
    a row, in the row group where that is the most: on average, or the longest that dictionaries
    allow, which a file has once and rows many times.
    """

    def __init__(self, copy: Any, metadata: pq.FileMetaData, wanted: Collection[str]) -> None:
        self.unpacked = metadata.num_rows
        self.row_bytes = 1.0
        leaves = [metadata.schema.column(number) for number in range(metadata.num_columns)]
        # A column of texts is one leaf; what is nested has a leaf for each of its fields.
        whole = {*wanted, *(leaf.path for leaf in leaves if leaf.path.partition(".")[0] in wanted)}
        numbers = [number for number, leaf in enumerate(leaves) if leaf.path in whole]
        texts = [leaves[n].path for n in numbers if leaves[n].physical_type == "BYTE_ARRAY"]
        with pq.ParquetFile(copy, metadata=metadata, read_dictionary=texts) as file:
            for number in range(metadata.num_row_groups):
                group = metadata.row_group(number)
                size = sum(group.column(each).total_uncompressed_size for each in numbers)
                self.unpacked += size
                self.row_bytes = max(self.row_bytes, size / (group.num_rows or 1))
                if self.row_bytes > BLOCK_BYTES:
                    return
                first = next(file.iter_batches(1, [number], texts, use_threads=False), None)
                longest = sum(map(_longest, first.columns)) if first is not None else 0
                self.row_bytes = max(self.row_bytes, longest)


def _longest(column: Any) -> int:
    """Bytes of the longest value in a column's dictionary."""
    if not pa.types.is_dictionary(column.type):
        return 0
    return pc.max(pc.binary_length(column.dictionary)).as_py() or 0


def _slice(table: pa.Table, source_file: str, contract: Contract) -> Iterator[pa.Table]:
    """The rows in parts of at most BLOCK_BYTES."""
    if _count_bytes(table) <= BLOCK_BYTES:
        yield table
        return
    if table.num_rows == 1:
        raise _refuse_long(source_file, contract)
    half = table.num_rows // 2
    yield from _slice(table.slice(0, half), source_file, contract)
    yield from _slice(table.slice(half), source_file, contract)


def _count_bytes(table: pa.Table) -> int:
    """What the values take without dictionaries."""
    return sum(_count_column(column) for column in table.columns)


def _count_column(column: Any) -> int:
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return int(column.nbytes)
    lengths = (pc.take(pc.binary_length(c.dictionary), c.indices) for c in column.chunks)
    return sum(pc.sum(each).as_py() or 0 for each in lengths)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _refuse_bomb(source_file: str, contract: Contract) -> SourceSchemaError:
    return SourceSchemaError(
        contract.feed,
        f"{source_file} unpacks to more than {MOST_EXPANSION} times its size, as a bomb does: "
        "deliver it as CSV, or in parts",
    )


def _refuse_long(source_file: str, contract: Contract) -> SourceSchemaError:
    return SourceSchemaError(
        contract.feed, f"{source_file} has a row of more than {BLOCK_BYTES} bytes"
    )


def _as_bytes(column: Any, place: str, contract: Contract) -> Any:
    """A column's texts as bytes, which may not be UTF-8 where the source says that they are."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if _is_text(kind):
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
