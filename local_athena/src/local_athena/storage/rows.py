"""The rows file: the text rows of a result, on disk, for GetQueryResults to page from.

Format: `<data>/results/<query_id>.rows` is one JSON array of `string | null` per line (UTF-8,
`\\n` between rows, no header row). `<query_id>.index` beside it is optional: little-endian 8-byte
offsets of the rows 0, 1000, 2000...; a reader that finds none scans the lines. Any tool may write
the lines, as long as JSON escapes line breaks within values.
"""

import json
import os
import struct
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

ROWS_PER_MARK = 1000
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def rows_path(results: Path, query_id: str) -> Path:
    """The rows file of a query."""
    return results / f"{query_id}.rows"


def index_path(results: Path, query_id: str) -> Path:
    """The index beside the rows file."""
    return results / f"{query_id}.index"


class RowsWriter:
    """Writes a rows file and its index; `write` many rows at a time for speed."""

    def __init__(self, results: Path, query_id: str) -> None:
        results.mkdir(parents=True, exist_ok=True)
        self.row_count = 0
        self._offset = 0
        self._marks: list[int] = []
        self._index = index_path(results, query_id)
        self._file = rows_path(results, query_id).open("wb")

    def write(self, rows: Iterable[Sequence[str | None]]) -> None:
        """Append rows of text values; None is NULL."""
        chunks: list[bytes] = []
        for row in rows:
            if self.row_count % ROWS_PER_MARK == 0:
                self._marks.append(self._offset)
            line = _encode(row).encode("utf-8", "surrogatepass") + b"\n"
            self._offset += len(line)
            self.row_count += 1
            chunks.append(line)
        self._file.write(b"".join(chunks))

    def close(self) -> None:
        """Finish both files."""
        self._file.close()
        self._index.write_bytes(struct.pack(f"<{len(self._marks)}Q", *self._marks))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_rows(results: Path, query_id: str, start: int, count: int) -> list[list[str | None]]:
    """Rows `start` to `start + count - 1`; fewer at the end, none if there is no file."""
    lines = b",".join(read_lines(results, query_id, start, count))
    found: list[list[str | None]] = json.loads(b"[" + lines + b"]")
    return found


def read_lines(results: Path, query_id: str, start: int, count: int) -> list[bytes]:
    """The lines of those rows, each with its line break."""
    path = rows_path(results, query_id)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return []
    with file:
        offset, skip = _nearest_mark(index_path(results, query_id), start)
        file.seek(offset)
        for _ in range(skip):
            if not file.readline():
                return []
        return list(islice(file, count))


def delete_rows(results: Path, query_id: str) -> None:
    """Remove a query's rows file and index, if they are there."""
    for path in (rows_path(results, query_id), index_path(results, query_id)):
        path.unlink(missing_ok=True)


def _nearest_mark(index: Path, start: int) -> tuple[int, int]:
    """(byte offset, rows still to skip) for row `start`."""
    mark = start // ROWS_PER_MARK
    try:
        with index.open("rb") as file:
            size = os.fstat(file.fileno()).st_size // 8
            if size == 0:
                return 0, start
            mark = min(mark, size - 1)
            file.seek(mark * 8)
            (offset,) = struct.unpack("<Q", file.read(8))
    except FileNotFoundError:
        return 0, start
    return offset, start - mark * ROWS_PER_MARK
