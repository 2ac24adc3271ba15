"""Records out of CSV bytes. A header is required; the order of columns does not matter."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from lakehouse.contracts import Contract, Format
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.records import Records, Unreadable
from lakehouse.landing.utf8 import decode_utf8

_BLOCK = 32 * 1024 * 1024


def read_csv(content: bytes, source_file: str, contract: Contract) -> Records:
    """Read one file under a contract.

    Raises:
        SourceSchemaError: the file is empty, lacks columns of the contract, has one twice, or
            is not in the contract's encoding at all.
    """
    table, row_number, unreadable = read_text_table(content, source_file, contract)
    names = {column.source_path: column.name for column in contract.columns}
    missing = [path for path in names if path not in table.column_names]
    if missing:
        raise SourceSchemaError(
            contract.feed,
            f"{source_file} lacks the columns {', '.join(missing)}; it has "
            f"{', '.join(table.column_names)}. Deliver them, or change {contract.file}",
        )
    return Records(
        columns=table.select(list(names)).rename_columns(list(names.values())),
        row_number=row_number,
        source_file=repeated(source_file, table.num_rows),
        unreadable=unreadable,
        ignored=tuple(sorted(set(table.column_names) - set(names))),
    )


def read_text_table(
    content: bytes, source_file: str, contract: Contract
) -> tuple[pa.Table, Any, tuple[Unreadable, ...]]:
    """Every column of a file as text under its header's names, row numbers, and what is unreadable.

    Unquoted nothing is null; a quoted empty text stays empty.
    """
    header = read_header(content, source_file, contract.feed, contract.format)
    unreadable: list[Unreadable] = []

    def refuse(row: pacsv.InvalidRow) -> str:
        problem = f"{row.actual_columns} fields instead of {row.expected_columns}"
        unreadable.append(Unreadable(row.number - 1, source_file, row.text or "", problem))
        return "skip"

    table = pacsv.read_csv(
        io.BytesIO(_as_utf8(content, source_file, contract)),
        read_options=pacsv.ReadOptions(use_threads=False, block_size=_BLOCK),
        parse_options=pacsv.ParseOptions(
            delimiter=contract.format.delimiter,
            quote_char=contract.format.quote,
            newlines_in_values=True,
            invalid_row_handler=refuse,
        ),
        convert_options=pacsv.ConvertOptions(
            column_types={name: pa.binary() for name in header},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
            check_utf8=False,
        ),
    )
    total = table.num_rows + len(unreadable)
    numbers = np.setdiff1d(
        np.arange(1, total + 1), [record.row_number for record in unreadable], assume_unique=True
    )
    table, numbers, undecodable = decode_utf8(table, numbers, source_file)
    unreadable += undecodable
    return table, pa.chunked_array([pa.array(numbers, pa.int64())]), tuple(unreadable)


def read_header(content: bytes, source_file: str, feed: str, source: Format) -> list[str]:
    """The names in the first line of a file; raises SourceSchemaError when there is no header."""
    encoding = "utf-8-sig" if _is_utf8(source) else source.encoding
    first = content[:_BLOCK].split(b"\n", 1)[0].decode(encoding, errors="replace")
    rows = list(csv.reader([first], delimiter=source.delimiter, quotechar=source.quote))
    header = rows[0] if rows else []
    if not any(name.strip() for name in header):
        raise SourceSchemaError(feed, f"{source_file} is empty: not even a header line")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise SourceSchemaError(feed, f"{source_file} has the columns {', '.join(twice)} twice")
    return header


def repeated(text: str, size: int) -> Any:
    """A column that repeats one text without repeating its bytes."""
    indices = pa.array(np.zeros(size, dtype=np.int32))
    dictionary = pa.DictionaryArray.from_arrays(indices, pa.array([text], pa.string()))
    return pa.chunked_array([dictionary.cast(pa.string())])


def _is_utf8(source: Format) -> bool:
    return source.encoding.lower().replace("_", "-") in ("utf-8", "utf8")


def _as_utf8(content: bytes, source_file: str, contract: Contract) -> bytes:
    if _is_utf8(contract.format):
        return content
    try:
        return content.decode(contract.format.encoding).encode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceSchemaError(
            contract.feed,
            f"{source_file} is not {contract.format.encoding}: byte {error.start} cannot be read",
        ) from error
