"""Text files line by line, as Hadoop's TextInputFormat splits them; .gz and .bz2 too."""

import bz2
import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, cast

from local_athena.sql.errors import SqlError

_SNAPPY = (".snappy", ".lzo", ".lz4", ".zst", ".zstd")


def open_text(path: Path, uri: str) -> IO[bytes]:
    """The file's bytes, decompressed when its name says so (.gz, .bz2; by the uri).

    Raises:
        SqlError: NOT_SUPPORTED for other compressions.
    """
    lowered = uri.lower()
    if lowered.endswith(".gz"):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if lowered.endswith(".bz2"):
        return cast("IO[bytes]", bz2.open(path, "rb"))
    if lowered.endswith(_SNAPPY):
        raise SqlError(
            "NOT_SUPPORTED", f"local_athena does not read text files compressed like {uri}"
        )
    return path.open("rb")


def read_lines(path: Path, uri: str, skip: int = 0, skip_last: int = 0) -> Iterator[str]:
    """Lines without their ends (LF or CR LF), decoded as UTF-8 (bad bytes become U+FFFD).

    `skip` lines at the start and `skip_last` at the end are left out
    (`skip.header.line.count`, `skip.footer.line.count`).

    Raises:
        SqlError: HIVE_CURSOR_ERROR when the file cannot be decompressed.
    """
    try:
        with open_text(path, uri) as file:
            held: list[str] = []
            for number, raw in enumerate(file):
                if number < skip:
                    continue
                line = raw.rstrip(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
                if not skip_last:
                    yield line
                    continue
                held.append(line)
                if len(held) > skip_last:
                    yield held.pop(0)
    except (OSError, EOFError, zlib.error) as error:
        raise SqlError("HIVE_CURSOR_ERROR", f"Failed to read file at {uri}: {error}") from error


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
