"""A batch on its way through the door, which begins while its delivery still comes.

The door takes each file when the stage has it. What it made of them counts if they turn out to be,
by name and SHA-256 and in their order, the files of the complete delivery; else, as for a delivery
that was there before, the stage is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from queue import SimpleQueue
from typing import Self

import pyarrow as pa

from lakehouse.contracts import Contract
from lakehouse.landing.door import Inspection, Past, admit, inspect
from lakehouse.landing.draft import Draft
from lakehouse.landing.extract import end_of_day
from lakehouse.landing.intake import Intake
from lakehouse.landing.model import FileFacts, run_id_of
from lakehouse.landing.ordered import in_order
from lakehouse.landing.records import Records
from lakehouse.landing.stage import Delivery, File, Stage


def new_draft(contract: Contract, business_date: date) -> Draft:
    """An empty draft of the batch of a business date."""
    end = end_of_day(business_date)
    run_id = run_id_of(contract.feed, business_date)
    return Draft(contract, run_id, ingested_at=end, end_of_day=end)


class Filling:
    """The draft of one batch, in a `with`, to the end of which it lives."""

    def __init__(self, contract: Contract, business_date: date, stage: Stage) -> None:
        self._contract = contract
        self._business_date = business_date
        self._stage = stage
        self._stack = ExitStack()
        self._thread = self._stack.enter_context(ThreadPoolExecutor(1))
        self._reader = ""
        self._ahead: _Ahead | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *of_error: object) -> None:
        self.cleared()
        self._stack.close()

    def follow(self, reader: str) -> None:
        """Begin with the files of a delivery while they come; `reader` says how to read them."""
        self._reader = reader
        self._stage.follow(self)

    def stored(self, file: File) -> None:
        """The stage has the next file."""
        if self._ahead is None:
            coming, draft = _Coming(), self._begin()
            work = self._thread.submit(self._fill, draft, self._reader, coming)
            self._ahead = _Ahead(coming, draft, work)
        self._ahead.coming.add(file)

    def cleared(self) -> None:
        """The stage has nothing any more: what was begun is for nothing."""
        if self._ahead is not None:
            self._ahead.coming.give_up()
            self._ahead = None

    def finish(self, delivery: Delivery) -> tuple[Draft, list[FileFacts]]:
        """The draft of a complete delivery, and the facts of its files.

        Raises:
            SourceSchemaError: a file cannot be read under the contract.
            ManifestError: a file is missing, or is not what was received.
        """
        files = list(delivery.sha256.items())
        ahead = self._ahead
        if ahead is not None and (self._reader, ahead.coming.files) == (delivery.reader, files):
            ahead.coming.end()
            return ahead.draft, ahead.work.result()
        self.cleared()
        draft = self._begin()
        return draft, self._fill(draft, delivery.reader, files)

    def _begin(self) -> Draft:
        return self._stack.enter_context(new_draft(self._contract, self._business_date))

    def _fill(self, draft: Draft, reader: str, files: Iterable[File]) -> list[FileFacts]:
        """Let files through the door, a chunk at a time; return their facts.

        Chunks are looked at side by side, and enter one after the other.
        """
        # Arrow's first choice gives the memory of each chunk back, and takes it for the next.
        if "jemalloc" in pa.supported_memory_backends():
            pa.set_memory_pool(pa.jemalloc_memory_pool())
        contract, until = self._contract, end_of_day(self._business_date)
        intake = Intake(contract, self._stage, reader, files)

        def look(records: Records) -> Inspection:
            return inspect(records, contract, until=until)

        def again() -> Iterator[pa.Table]:
            return (records.columns for records in intake.again().chunks())

        with Past(again) as past:
            for records, inspection in in_order(look, intake.chunks()):
                admission = admit(records, contract, until=until, inspection=inspection, past=past)
                draft.add(admission, records.ignored)
        draft.finish()
        return intake.facts


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A draft that is being filled with files that are still coming."""

    coming: _Coming
    draft: Draft
    work: Future[list[FileFacts]]


class _GivenUpError(Exception):
    """Nobody wants the draft any more."""


@dataclass(slots=True)
class _Coming:
    """Files in their order, for another thread that waits for each."""

    files: list[File] = field(default_factory=list)
    _queue: SimpleQueue[File | None] = field(default_factory=SimpleQueue)
    _is_given_up: bool = False

    def add(self, file: File) -> None:
        """There is one more."""
        self.files.append(file)
        self._queue.put(file)

    def end(self) -> None:
        """There are no more."""
        self._queue.put(None)

    def give_up(self) -> None:
        """Let the other thread end without its result."""
        self._is_given_up = True
        self._queue.put(None)

    def __iter__(self) -> Iterator[File]:
        while True:
            file = self._queue.get()
            if self._is_given_up:
                raise _GivenUpError
            if file is None:
                return
            yield file
