"""Bytes that pass by once: counted, summed up, and never held as a whole."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable
from typing import IO, Any

from lakehouse.errors import SourceSchemaError

BLOCK_BYTES = 16 * 1024 * 1024
"""What is read at a time, and the longest record that a file may have."""

MOST_EXPANSION = 200
"""A gzip that unpacks to more than so many times its size is refused, once it has unpacked
BLOCK_BYTES: feeds expand 3 to 30 times, a bomb some 1,000 times."""

_SMALL_BYTES = 1024 * 1024


class Summed(io.RawIOBase):
    """A stream that is read once, with the size in bytes and the SHA-256 of what was read.

    `check` is called with the SHA-256 in lower hex when the end is reached, and may raise.
    """

    def __init__(self, body: Any, check: Callable[[str], None] = lambda found: None) -> None:
        super().__init__()
        self._body = body
        self._digest = hashlib.sha256()
        self._check = check
        self._is_checked = False
        self.size = 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there are bytes; see `io.RawIOBase`."""
        block = self._body.read(len(buffer))
        buffer[: len(block)] = block
        self._digest.update(block)
        self.size += len(block)
        if not block and len(buffer) and not self._is_checked:
            self._is_checked = True
            self._check(self.sha256)
        return len(block)

    @property
    def sha256(self) -> str:
        """Of what was read so far, in lower hex."""
        return self._digest.hexdigest()

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_SMALL_BYTES):
            pass

    def release(self) -> None:
        """Let go of what it is read from, however far that was."""
        self._body.close()


class Received(io.BytesIO):
    """Bytes that are in memory, with their size and a SHA-256 that is known."""

    def __init__(self, content: bytes, sha256: str) -> None:
        super().__init__(content)
        self.size = len(content)
        self.sha256 = sha256

    def drain(self) -> None:
        """Nothing is to be done for what was not read."""

    def release(self) -> None:
        """Nothing is held but the bytes."""


class Summing(io.RawIOBase):
    """A file that is written once, with the size in bytes and the SHA-256 of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, content: Any) -> int:
        """Append; see `io.RawIOBase`."""
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)
        return len(content)

    @property
    def sha256(self) -> str:
        """Of what was written so far, in lower hex."""
        return self._digest.hexdigest()


def plain(source: Summed | Received, name: str, feed: str) -> IO[bytes]:
    """The content of a file, unpacked when its name ends in `.gz`."""
    if name.endswith(".gz"):
        return io.BufferedReader(_Unpacked(source, name, feed), _SMALL_BYTES)
    if isinstance(source, Received):
        return source
    return io.BufferedReader(source, _SMALL_BYTES)


class _Unpacked(io.RawIOBase):
    """The content of a gzip, a little at a time."""

    def __init__(self, source: Summed | Received, name: str, feed: str) -> None:
        super().__init__()
        self._source = source
        self._file = gzip.GzipFile(fileobj=io.BufferedReader(source, _SMALL_BYTES), mode="rb")
        self._name = name
        self._feed = feed
        self._size = 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there are bytes; see `io.RawIOBase`."""
        try:
            block = self._file.read1(len(buffer))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceSchemaError(
                self._feed,
                f"{self._name} is no whole gzip: {error}. Have it delivered once more",
            ) from error
        if not block and self._source.size == 0:
            raise SourceSchemaError(
                self._feed,
                f"{self._name} has no bytes, and a gzip of nothing has some: have it delivered "
                "once more",
            )
        self._size += len(block)
        if self._size > max(BLOCK_BYTES, MOST_EXPANSION * self._source.size):
            raise SourceSchemaError(
                self._feed,
                f"{self._name} unpacks to more than {MOST_EXPANSION} times its size, as a bomb "
                "does: deliver it as it is, or in parts",
            )
        buffer[: len(block)] = block
        return len(block)


class Recoded(io.RawIOBase):
    """A text of another encoding as UTF-8."""

    def __init__(self, source: IO[bytes], encoding: str, name: str, feed: str) -> None:
        super().__init__()
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._name = name
        self._feed = feed
        self._size = 0
        self._ready = b""
        self._is_done = False

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there are bytes; see `io.RawIOBase`."""
        while not self._ready and not self._is_done:
            block = self._source.read(_SMALL_BYTES)
            self._is_done = not block
            held = len(self._decoder.getstate()[0])
            try:
                text = self._decoder.decode(block, final=self._is_done)
            except UnicodeDecodeError as error:
                raise SourceSchemaError(
                    self._feed,
                    f"{self._name} is not {self._encoding}: byte "
                    f"{self._size - held + error.start} cannot be read",
                ) from error
            self._size += len(block)
            self._ready = text.encode("utf-8")
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size
