"""The files of a delivery as chunks of records, whatever the number and size of its files.

Large files are read a block at a time, small ones are put together, so that the door always works
on chunks of about the same size. How a delivery is cut depends on its bytes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import IO

from lakehouse.contracts import Contract
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.model import FileFacts
from lakehouse.landing.read_csv import iter_csv
from lakehouse.landing.read_json import iter_json_lines, iter_json_page
from lakehouse.landing.read_kafka import iter_kafka_lines
from lakehouse.landing.read_parquet import iter_parquet
from lakehouse.landing.records import Records, concat_records
from lakehouse.landing.stage import File, Stage
from lakehouse.landing.streams import plain

CHUNK_BYTES = 4 * 1024 * 1024
"""Texts of so many bytes make a chunk."""

_READERS: dict[str, Callable[[IO[bytes], str, Contract], Iterator[Records]]] = {
    "csv": iter_csv,
    "json_lines": iter_json_lines,
    "json_pages": iter_json_page,
    "kafka_lines": iter_kafka_lines,
    "parquet": iter_parquet,
}


class Intake:
    """The chunks of files of the stage, to be taken once; `facts` are those of the files that were
    read."""

    def __init__(
        self, contract: Contract, stage: Stage, reader: str, files: Iterable[File]
    ) -> None:
        self._contract = contract
        self._stage = stage
        self._reader = reader
        self._files = files
        self._taken: list[File] = []
        self.facts: list[FileFacts] = []

    def again(self) -> Intake:
        """The files that were taken so far, once more."""
        return Intake(self._contract, self._stage, self._reader, tuple(self._taken))

    def chunks(self) -> Iterator[Records]:
        """The records in the order of files and rows.

        Raises:
            SourceSchemaError: a file cannot be read under the contract.
            ManifestError: a file is missing, or is not what was received.
        """
        waiting: list[Records] = []
        size = 0
        for file in self._files:
            self._taken.append(file)
            for records in self._read(file):
                waiting.append(records)
                size += records.nbytes
                if size >= CHUNK_BYTES:
                    yield concat_records(waiting)
                    waiting, size = [], 0
        if waiting:
            yield concat_records(waiting)

    def _read(self, file: File) -> Iterator[Records]:
        name, _ = file
        source = self._stage.open(file)
        count = 0
        try:
            with plain(source, name, self._contract.feed) as content:
                read = _READERS[self._reader]
                for records in read(content, self._stage.key(name), self._contract):
                    count += records.read_count
                    yield records
        except SourceSchemaError:
            # Bytes that are not those received are the worse news, and come first.
            source.drain()
            raise
        else:
            source.drain()
        finally:
            source.release()
        self.facts.append(self._stage.describe(name, source.size, count, source.sha256))
