"""A complete delivery as chunks of records, whatever the number and size of its files.

Large files are read a block at a time, small ones are put together, so that the door always works
on chunks of about the same size. How a delivery is cut depends on its bytes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

from lakehouse.contracts import Contract
from lakehouse.errors import SourceSchemaError
from lakehouse.landing.model import FileFacts
from lakehouse.landing.read_csv import iter_csv
from lakehouse.landing.read_json import iter_json_lines, iter_json_page
from lakehouse.landing.read_kafka import iter_kafka_lines
from lakehouse.landing.read_parquet import iter_parquet
from lakehouse.landing.records import Records, concat_records
from lakehouse.landing.stage import Delivery, Stage
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
    """The chunks of a delivery, to be taken once; `files` has the facts of those that were read."""

    def __init__(self, contract: Contract, stage: Stage, delivery: Delivery) -> None:
        self._contract = contract
        self._stage = stage
        self._delivery = delivery
        self.files: list[FileFacts] = []

    def chunks(self) -> Iterator[Records]:
        """The records in the order of files and rows.

        Raises:
            SourceSchemaError: a file cannot be read under the contract.
            ManifestError: a file is missing, or is not what was received.
        """
        waiting: list[Records] = []
        size = 0
        for name in self._delivery.sha256:
            for records in self._read(name):
                waiting.append(records)
                size += records.nbytes
                if size >= CHUNK_BYTES:
                    yield concat_records(waiting)
                    waiting, size = [], 0
        if waiting:
            yield concat_records(waiting)

    def _read(self, name: str) -> Iterator[Records]:
        source = self._stage.open(self._delivery, name)
        count = 0
        try:
            with plain(source, name, self._contract.feed) as file:
                reader = _READERS[self._delivery.reader]
                for records in reader(file, self._stage.key(name), self._contract):
                    count += records.read_count
                    yield records
        except SourceSchemaError:
            # Bytes that are not those received are the worse news, and come first.
            source.drain()
            raise
        source.drain()
        self.files.append(self._stage.describe(name, source.size, count, source.sha256))
