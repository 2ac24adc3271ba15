"""Records out of CSV bytes. A header is required; the order of columns does not matter."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections import Counter, deque
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from lakehouse.contracts import Contract, Format
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.records import Records, Unreadable
from lakehouse.landing.streams import BLOCK_BYTES, Recoded
from lakehouse.landing.utf8 import decode_utf8

_BUFFER_BYTES = 1024 * 1024
_MOST_REFUSED_BYTES = 8 * BLOCK_BYTES
_REFUSED_BYTES = 256  # what a refused row takes besides its text
_SHOWN_NAMES = 50
_SHOWN_ERROR = 500
_QUOTED_ROW = re.compile(r"(Expected \d+ columns, got \d+): .*", re.DOTALL)


def iter_csv(source: IO[bytes], source_file: str, contract: Contract) -> Iterator[Records]:
    """Read one file under a contract, some BLOCK_BYTES at a time; there is always a chunk.

    Raises:
        SourceSchemaError: the file is empty, lacks columns of the contract, has one twice, has a
            record of more than BLOCK_BYTES, or is not in the contract's encoding at all.
    """
    names = {column.source_path: column.name for column in contract.delivered}
    for table, row_number, unreadable in iter_text_tables(source, source_file, contract):
        missing = [path for path in names if path not in table.column_names]
        if missing:
            raise SourceSchemaError(
                contract.feed,
                f"{source_file} lacks the columns {', '.join(missing)}; "
                f"{_describe(table.column_names, contract)}. Deliver them, or change "
                f"{contract.file}",
            )
        yield Records(
            columns=table.select(list(names)).rename_columns(list(names.values())),
            row_number=row_number,
            source_file=repeated(source_file, table.num_rows),
            unreadable=unreadable,
            ignored=tuple(sorted(set(table.column_names) - set(names))),
        )


def _describe(names: list[str], contract: Contract) -> str:
    """What stands in the first line: not the words where none is ours, as it may be a row."""
    known = {column.source_path.casefold() for column in contract.delivered}
    if known.isdisjoint(name.casefold() for name in names):
        return (
            f"its first line has {len(names)} fields, and none is one of them: is there a header, "
            f"and is its delimiter {contract.format.delimiter!r}"
        )
    return f"it has {_show(names)}"


def _show(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN_NAMES])
    return shown if len(names) <= _SHOWN_NAMES else f"{shown} and {len(names) - _SHOWN_NAMES} more"


TextTable = tuple[pa.Table, Any, tuple[Unreadable, ...]]


def read_text_table(content: bytes, source_file: str, contract: Contract) -> TextTable:
    """The whole content of a file; see `iter_text_tables`."""
    parts = list(iter_text_tables(io.BytesIO(content), source_file, contract))
    return (
        pa.concat_tables([table for table, _, _ in parts]),
        pa.chunked_array([chunk for _, numbers, _ in parts for chunk in numbers.chunks]),
        tuple(record for _, _, unreadable in parts for record in unreadable),
    )


def iter_text_tables(
    source: IO[bytes], source_file: str, contract: Contract
) -> Iterator[TextTable]:
    """Every column of a file as text under its header's names, row numbers, and what is unreadable;
    some BLOCK_BYTES at a time.

    Unquoted nothing is null; a quoted empty text stays empty.
    """
    if not _is_utf8(contract.format):
        recoded = Recoded(source, contract.format.encoding, source_file, contract.feed)
        source = io.BufferedReader(recoded, _BUFFER_BYTES)
    first_line = _read_first_record(source, contract.format)
    header = _parse_header(first_line, source_file, contract.feed, contract.format, "utf-8-sig")
    refused = _Refused(source_file)
    last = 0
    joined, reader = _Joined(first_line, source), None
    try:
        reader = pacsv.open_csv(
            joined,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
            parse_options=pacsv.ParseOptions(
                delimiter=contract.format.delimiter,
                quote_char=contract.format.quote,
                newlines_in_values=True,
                invalid_row_handler=refused.add,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.binary() for name in header},
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
                check_utf8=False,
            ),
        )
        schema = reader.schema
        if schema.names != header:
            # What is not named as text would be guessed: 007 would be the number 7.
            raise SourceSchemaError(
                contract.feed,
                f"{source_file} has a header that can be read in two ways, as {len(header)} names "
                f"or as {len(schema.names)}. Deliver plain names on the first line",
            )
        yield _build_table(schema.empty_table(), np.zeros(0, dtype=np.int64), [], source_file)
        for batch in reader:
            numbers, unreadable = refused.number(last, batch.num_rows)
            last += len(numbers) + len(unreadable)
            table = pa.Table.from_batches([batch])
            yield _build_table(table, numbers, unreadable, source_file)
        if refused.rows:
            rest = list(refused.rows)
            yield _build_table(schema.empty_table(), np.zeros(0, np.int64), rest, source_file)
    except pa.ArrowInvalid as error:
        raise SourceSchemaError(
            contract.feed,
            f"{source_file} cannot be read as CSV: {_without_row(error)}. A record has at most "
            f"{BLOCK_BYTES} bytes: a quote that is never closed makes one of all that follows",
        ) from error
    finally:
        # Arrow reads ahead in a thread, which would abort a process that ends meanwhile. It waits
        # for it when the reader goes, which an exception keeps alive with this frame; and it does
        # not where the reader could not be opened.
        joined.end()
        del reader


def _without_row(error: pa.ArrowInvalid) -> str:
    """What Arrow says, without the row that it quotes."""
    return _QUOTED_ROW.sub(r"\1", str(error))[:_SHOWN_ERROR]


class _Refused:
    """The rows of a file that have another number of fields, until the rows around them come."""

    def __init__(self, source_file: str) -> None:
        self.rows: deque[Unreadable] = deque()
        self._source_file = source_file
        self._size = 0

    def add(self, row: pacsv.InvalidRow) -> str:
        """Keep a row; give up on a file that has nothing else for some BLOCK_BYTES."""
        problem = f"{row.actual_columns} fields instead of {row.expected_columns}"
        text = row.text or ""
        self._size += len(text) + _REFUSED_BYTES
        if self._size > _MOST_REFUSED_BYTES:
            return "error"
        self.rows.append(Unreadable(row.number - 1, self._source_file, text, problem))
        return "skip"

    def number(self, last: int, count: int) -> tuple[Any, list[Unreadable]]:
        """The numbers of the next `count` rows after `last`, and the refused rows among them."""
        among: list[Unreadable] = []
        while self.rows and self.rows[0].row_number <= last + count + len(among):
            among.append(self.rows.popleft())
        self._size = sum(len(row.text) + _REFUSED_BYTES for row in self.rows)
        every = np.arange(last + 1, last + count + len(among) + 1)
        skipped = [row.row_number for row in among]
        return np.setdiff1d(every, skipped, assume_unique=True), among


def _build_table(
    table: pa.Table, numbers: Any, unreadable: list[Unreadable], source_file: str
) -> TextTable:
    table, numbers, undecodable = decode_utf8(table, numbers, source_file)
    rows = pa.chunked_array([pa.array(numbers, pa.int64())])
    return table, rows, (*unreadable, *undecodable)


class _Joined(io.RawIOBase):
    """A line that was read already, and what follows it."""

    def __init__(self, line: bytes, rest: IO[bytes]) -> None:
        super().__init__()
        self._line = line
        self._rest = rest
        self._reading = threading.Lock()
        self._is_over = False

    def end(self) -> None:
        """Wait until no thread is reading; whoever comes later finds nothing more."""
        with self._reading:
            self._is_over = True

    def readable(self) -> bool:
        """True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """As many bytes, as long as there are any."""
        with self._reading:
            if self._is_over:
                return b""
            line, self._line = self._line[:size], self._line[size:]
            return line + self._rest.read(size - len(line))


def read_header(content: bytes, source_file: str, feed: str, source: Format) -> list[str]:
    """The names in the first line of a file; raises SourceSchemaError when there is no header."""
    encoding = "utf-8-sig" if _is_utf8(source) else source.encoding
    first_line = io.BytesIO(content).readline(BLOCK_BYTES)
    return _parse_header(first_line, source_file, feed, source, encoding)


def _read_first_record(source: IO[bytes], form: Format) -> bytes:
    """The first line, with those after it while a quoted name goes on there."""
    quote = form.quote.encode("utf-8")
    record = source.readline(BLOCK_BYTES)
    while quote and record.count(quote) % 2 and len(record) < BLOCK_BYTES:
        line = source.readline(BLOCK_BYTES - len(record))
        if not line:
            break
        record += line
    return record


def _parse_header(
    line: bytes, source_file: str, feed: str, source: Format, encoding: str
) -> list[str]:
    if len(line) >= BLOCK_BYTES:
        raise SourceSchemaError(
            feed, f"{source_file} has a first line of more than {BLOCK_BYTES} bytes: no header"
        )
    try:
        first = io.StringIO(line.decode(encoding), newline="")
        rows = list(csv.reader(first, delimiter=source.delimiter, quotechar=source.quote))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceSchemaError(feed, f"{source_file} has no header: {error}") from error
    header = rows[0] if rows else []
    if not any(name.strip() for name in header):
        raise SourceSchemaError(feed, f"{source_file} is empty: not even a header line")
    counts = Counter(header)
    alike = [str(place) for place, name in enumerate(header, start=1) if counts[name] > 1]
    if alike:
        raise SourceSchemaError(feed, f"{source_file} has columns of the same name: {_show(alike)}")
    return header


def repeated(text: str, size: int) -> Any:
    """A column that repeats one text without repeating its bytes."""
    indices = pa.array(np.zeros(size, dtype=np.int32))
    dictionary = pa.DictionaryArray.from_arrays(indices, pa.array([text], pa.string()))
    return pa.chunked_array([dictionary.cast(pa.string())])


def _is_utf8(source: Format) -> bool:
    return source.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
