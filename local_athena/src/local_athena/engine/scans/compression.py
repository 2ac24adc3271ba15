"""Text files' bytes, decompressed as the end of their name says.

Athena knows `.gz`, `.bz2`, `.deflate`, `.zst`, `.lz4` and `.snappy`, in lower case only; anything
else is plain text. LZ4 and Snappy are Hadoop's block streams: a big-endian length of the
uncompressed block, then chunks, each behind its big-endian compressed length. Source: Athena user
guide, "Use compression in Athena" and "Hive table compression support by file format" (read
2026-11); Hadoop's BlockDecompressorStream.
"""

import bz2
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from local_athena.sql.errors import SqlError

_REFUSED = (".lzo", ".lzo_deflate", ".zip")


def open_text(path: Path, uri: str) -> IO[bytes]:
    """The file's plain bytes; the compression is told by the uri.

    Raises:
        SqlError: NOT_SUPPORTED for LZO and ZIP.
    """
    for ending, opened in _OPENERS.items():
        if uri.endswith(ending):
            return opened(path)
    if uri.endswith(_REFUSED):
        ending = uri.rpartition(".")[2]
        raise SqlError("NOT_SUPPORTED", f"local_athena does not read {ending} files: {uri}")
    return path.open("rb")


def _gzip(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb"))


def _bzip2(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", bz2.open(path, "rb"))


def _deflate(path: Path) -> IO[bytes]:
    return io.BytesIO(zlib.decompress(path.read_bytes()))


def _zstd(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", _arrow_stream(path, "zstd"))))


def _arrow_stream(path: Path, codec: str) -> pa.CompressedInputStream:
    return pa.CompressedInputStream(pa.OSFile(str(path)), codec)


def _blocks(codec: str) -> Callable[[Path], IO[bytes]]:
    return lambda path: io.BytesIO(b"".join(_hadoop_blocks(path.read_bytes(), codec)))


def _hadoop_blocks(data: bytes, codec: str) -> Iterator[bytes]:
    decompress = pa.Codec(codec).decompress
    position = 0
    while position < len(data):
        left = _length(data, position)
        position += 4
        while left > 0:
            size = _length(data, position)
            chunk = data[position + 4 : position + 4 + size]
            position += 4 + size
            if len(chunk) < size:
                raise EOFError("the block ends before its length")
            room = _snappy_length(chunk) if codec == "snappy" else left
            plain = decompress(chunk, room, asbytes=True)
            left -= len(plain)
            yield plain


def _length(data: bytes, position: int) -> int:
    if position + 4 > len(data):
        raise EOFError("the stream ends within a length")
    return int.from_bytes(data[position : position + 4], "big")


def _snappy_length(chunk: bytes) -> int:
    """The uncompressed length at the head of a Snappy block (a little-endian varint)."""
    length = shift = 0
    for byte in chunk:
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return length
        shift += 7
    raise EOFError("the block ends within its length")


_OPENERS: dict[str, Callable[[Path], IO[bytes]]] = {
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".deflate": _deflate,
    ".zst": _zstd,
    ".lz4": _blocks("lz4_raw"),
    ".snappy": _blocks("snappy"),
}
