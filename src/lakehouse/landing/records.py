"""Records as received, as columns of text: what the door reads, whatever the source's format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that cannot be read as columns at all. `text` is what could be made out of it."""

    row_number: int
    source_file: str
    text: str
    problem: str


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one or several files of one feed.

    `columns` has one column of text for each column of the contract, in its order, null where
    the source had nothing. `row_number` counts from 1 in each file, over readable and
    unreadable records alike. `ignored` are fields of the source that no contract mentions.
    """

    columns: pa.Table
    row_number: Any
    source_file: Any
    unreadable: tuple[Unreadable, ...] = ()
    ignored: tuple[str, ...] = field(default=())

    @property
    def read_count(self) -> int:
        """Records received, readable or not."""
        return int(self.columns.num_rows) + len(self.unreadable)

    @property
    def nbytes(self) -> int:
        """About the memory of the texts, in bytes."""
        return int(self.columns.nbytes) + sum(len(record.text) for record in self.unreadable)


def concat_records(parts: Sequence[Records]) -> Records:
    """The records of several files, in the given order; `parts` must not be empty."""
    if len(parts) == 1:
        return parts[0]
    return Records(
        columns=pa.concat_tables([part.columns for part in parts]),
        row_number=pa.chunked_array([c for part in parts for c in part.row_number.chunks]),
        source_file=pa.chunked_array([c for part in parts for c in part.source_file.chunks]),
        unreadable=tuple(record for part in parts for record in part.unreadable),
        ignored=tuple(sorted({name for part in parts for name in part.ignored})),
    )
