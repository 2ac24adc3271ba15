"""Open files of the formats that are written here, batch by batch: text, JSON, ORC, Avro, Parquet.

Parquet without timestamps is DuckDB's to write (`files`), which cannot write INT96.
"""

import bz2
import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
from backports import zstd

from local_athena.engine.writes.avro import AvroWriter
from local_athena.engine.writes.encoding import json_line, json_text, text_line
from local_athena.engine.writes.properties import WriteProperties
from local_athena.sql.errors import SqlError
from local_athena.sql.types import Type

Columns = Sequence[tuple[str, Type]]
_BLOCK_BYTES = 256 * 1024
_ROW_GROUP = 122_880


class Sink:
    """An open file that takes batches of data columns."""

    def __init__(self, path: Path, columns: Columns, properties: WriteProperties) -> None:
        self.path = path
        self.columns = columns
        self.properties = properties

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        raise NotImplementedError

    def close(self) -> None:
        """Finish the file."""
        raise NotImplementedError


class _LineSink(Sink):
    """Text, one row a line."""

    def __init__(self, path: Path, columns: Columns, properties: WriteProperties) -> None:
        super().__init__(path, columns, properties)
        self._raw: IO[bytes] = path.open("wb")
        self._file = _compressed(self._raw, properties)

    def line(self, row: Sequence[Any]) -> str:
        """A row's text."""
        raise NotImplementedError

    def write(self, batch: pa.RecordBatch) -> None:
        text = io.StringIO()
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            text.write(self.line(row))
            text.write("\n")
        self._file.write(text.getvalue().encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        self._file.close()
        self._raw.close()


class _TextSink(_LineSink):
    def line(self, row: Sequence[Any]) -> str:
        return text_line(row, self.properties.field_delimiter)


class _JsonSink(_LineSink):
    def line(self, row: Sequence[Any]) -> str:
        return json_text(json_line(row, self.columns))


class _OrcSink(Sink):
    def __init__(self, path: Path, columns: Columns, properties: WriteProperties) -> None:
        super().__init__(path, columns, properties)
        codec = properties.compression.replace("none", "uncompressed")
        self._writer = orc.ORCWriter(path, compression=codec)

    def write(self, batch: pa.RecordBatch) -> None:
        names = [name for name, _ in self.columns]
        self._writer.write(pa.Table.from_arrays(batch.columns, names))

    def close(self) -> None:
        self._writer.close()


class _AvroSink(Sink):
    def __init__(self, path: Path, columns: Columns, properties: WriteProperties) -> None:
        super().__init__(path, columns, properties)
        self._writer = AvroWriter(path, columns, properties.compression)

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write(zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def close(self) -> None:
        self._writer.close()


class _ParquetSink(Sink):
    """Parquet whose timestamps are INT96, as Hive's and so Athena's are: the pandas, Arrow and
    Spark readers of such files see nanoseconds."""

    def __init__(self, path: Path, columns: Columns, properties: WriteProperties) -> None:
        super().__init__(path, columns, properties)
        self._writer: pq.ParquetWriter | None = None
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._rows += batch.num_rows
        if self._rows >= _ROW_GROUP:
            self._flush()

    def close(self) -> None:
        if self._batches:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        names = [name for name, _ in self.columns]
        table = pa.Table.from_batches(self._batches).rename_columns(names)
        if self._writer is None:
            codec = self.properties.compression
            self._writer = pq.ParquetWriter(
                self.path,
                table.schema,
                compression=codec,
                compression_level=self.properties.compression_level if codec == "zstd" else None,
                use_deprecated_int96_timestamps=True,
                store_decimal_as_integer=True,
            )
        self._writer.write_table(table, _ROW_GROUP)
        self._batches, self._rows = [], 0


def sink_class(properties: WriteProperties) -> type[Sink]:
    """What writes a format.

    Raises:
        SqlError: NOT_SUPPORTED.
    """
    known: dict[str, type[Sink]] = {
        "TEXTFILE": _TextSink,
        "JSON": _JsonSink,
        "ORC": _OrcSink,
        "AVRO": _AvroSink,
        "PARQUET": _ParquetSink,
    }
    form = properties.form.name
    if form not in known:
        raise SqlError("NOT_SUPPORTED", f"local_athena does not write the format {form}")
    return known[form]


def _compressed(raw: IO[bytes], properties: WriteProperties) -> IO[bytes]:
    """The file through a text file's codec."""
    codec, level = properties.compression, properties.compression_level
    if codec == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0))
    if codec == "bzip2":
        return cast("IO[bytes]", bz2.open(raw, "wb"))
    if codec == "zstd":
        return cast("IO[bytes]", zstd.ZstdFile(raw, "wb", level=3 if level is None else level))
    if codec in ("snappy", "lz4"):
        blocks = _HadoopBlocks(raw, "lz4_raw" if codec == "lz4" else codec)
        return cast("IO[bytes]", blocks)
    return raw


class _HadoopBlocks:
    """Hadoop's block stream: the plain length of a block, then one chunk behind its own length."""

    def __init__(self, raw: IO[bytes], codec: str) -> None:
        self._raw = raw
        self._compress: Callable[..., bytes] = pa.Codec(codec).compress
        self._held = bytearray()

    def write(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= _BLOCK_BYTES:
            self._block(bytes(self._held[:_BLOCK_BYTES]))
            del self._held[:_BLOCK_BYTES]

    def close(self) -> None:
        if self._held:
            self._block(bytes(self._held))
        self._held.clear()

    def _block(self, data: bytes) -> None:
        chunk = self._compress(data, asbytes=True)
        self._raw.write(len(data).to_bytes(4, "big") + len(chunk).to_bytes(4, "big") + chunk)
