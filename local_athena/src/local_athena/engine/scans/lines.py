"""Text files line by line, as Hadoop's TextInputFormat splits them."""

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import pyarrow as pa

from local_athena.engine.scans.compression import open_text
from local_athena.sql.errors import SqlError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path, uri: str, skip: int = 0, skip_last: int = 0) -> Iterator[str]:
    """Lines without their ends (LF, CR LF or CR), decoded as UTF-8 (bad bytes become U+FFFD).

    A byte order mark at the start is dropped. `skip` lines at the start and `skip_last` at the
    end are left out (`skip.header.line.count`, `skip.footer.line.count`).

    Raises:
        SqlError: HIVE_CURSOR_ERROR when the file cannot be decompressed.
    """
    try:
        with open_text(path, uri) as file:
            held: list[str] = []
            for number, line in enumerate(_lines(file)):
                if number < skip:
                    continue
                if not skip_last:
                    yield line
                    continue
                held.append(line)
                if len(held) > skip_last:
                    yield held.pop(0)
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise SqlError("HIVE_CURSOR_ERROR", f"Failed to read file at {uri}: {error}") from error


def _lines(file: IO[bytes]) -> Iterator[str]:
    for number, raw in enumerate(file):
        line = raw.removesuffix(b"\n").removesuffix(b"\r")
        if number == 0:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if b"\r" in line:
            yield from (part.decode("utf-8", "replace") for part in line.split(b"\r"))
        else:
            yield line.decode("utf-8", "replace")


def line_count(parameters: Mapping[str, str], name: str) -> int:
    """A `skip.*.line.count` parameter, 0 when missing.

    Raises:
        SqlError: INVALID_TABLE_PROPERTY when it is no number.
    """
    text = parameters.get(name, "0")
    try:
        return max(int(text), 0)
    except ValueError as error:
        raise SqlError(
            "INVALID_TABLE_PROPERTY", f"Invalid value for {name} property: {text}"
        ) from error
