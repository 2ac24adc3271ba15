"""Exact repeats within a batch that is seen a chunk at a time.

A row is known by a hash of 64 bits of its texts. Rows of equal hashes are compared text by text,
so that two rows whose hashes collide are never taken for each other. Most batches have no row
whose hash an earlier chunk has: the texts of chunks that went by are asked for once more when the
first one comes, and lie in a file on the local disk from then on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakehouse.landing.row_hash import Hashes

Positions = npt.NDArray[np.int64]

_BATCH_ROWS = 16_384
_LONGEST_MERGED = 2_000_000


class Repeats:
    """The rows of a batch that were not refused so far. Close it, or use it in a `with`.

    `again` gives the texts of all chunks once more, from the first on.
    """

    def __init__(self, again: Callable[[], Iterable[pa.Table]]) -> None:
        self._again = again
        self._texts: _Texts | None = None
        self._runs: list[tuple[Hashes, Positions]] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *of_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the file."""
        if self._texts is not None:
            self._texts.close()

    def find(self, columns: pa.Table, hashes: Hashes, candidates: Any) -> Positions:
        """Positions, in a chunk, of candidates that repeat in every text a candidate above them,
        of this chunk or of one before it. All other candidates are remembered.

        `columns` are the texts of the chunk, `hashes` one a row, `candidates` one flag a row.
        """
        positions = np.flatnonzero(candidates)
        own = hashes[positions]
        order = np.argsort(own)
        ordered = own[order]
        is_shared = np.zeros(len(positions), dtype=np.bool_)
        same = ordered[1:] == ordered[:-1]
        is_shared[order[1:][same]] = True
        is_shared[order[:-1][same]] = True
        earlier = self._find_earlier(ordered, order, is_shared)
        suspects = positions[is_shared]
        found = self._compare(columns, suspects, earlier) if len(suspects) else suspects
        self._remember(columns, positions, own, order, found)
        return found

    def _find_earlier(self, ordered: Hashes, order: Positions, is_shared: Any) -> Positions:
        """Rows of earlier chunks whose hash one of these has, marking these as shared."""
        found = []
        for hashes, rows in self._runs:
            low = np.searchsorted(hashes, ordered, side="left")
            near = np.minimum(low, len(hashes) - 1)
            hits = np.flatnonzero(hashes[near] == ordered)
            if len(hits):
                is_shared[order[hits]] = True
                counts = np.searchsorted(hashes, ordered[hits], side="right") - low[hits]
                ends = np.cumsum(counts)
                within = np.arange(ends[-1]) - np.repeat(ends - counts, counts)
                found.append(rows[np.repeat(low[hits], counts) + within])
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def _compare(self, columns: pa.Table, suspects: Positions, earlier: Positions) -> Positions:
        """The suspects that are, text by text, a row of earlier chunks or a suspect above them."""
        above = self._read(earlier) if len(earlier) else columns.slice(0, 0)
        texts = pa.concat_tables([above, columns.take(pa.array(suspects))])
        numbered = texts.append_column("#", pa.array(np.arange(texts.num_rows)))
        firsts = numbered.group_by(columns.column_names, use_threads=False).aggregate(
            [("#", "min")]
        )["#_min"]
        is_first = np.zeros(texts.num_rows, dtype=np.bool_)
        is_first[np.asarray(firsts)] = True
        return suspects[~is_first[above.num_rows :]]

    def _remember(
        self, columns: pa.Table, positions: Positions, own: Hashes, order: Positions, found: Any
    ) -> None:
        if self._texts is not None:
            self._texts.add(columns)
        rows = positions[order]
        is_new = ~np.isin(rows, found) if len(found) else np.ones(len(rows), dtype=np.bool_)
        run = (own[order][is_new], rows[is_new] + self._size)
        self._size += columns.num_rows
        if len(run[0]):
            self._runs.append(run)
        # Runs double in length, so that their number stays small and each is merged rarely; up to
        # a bound, because a merge takes four times the memory of what it merges.
        while len(self._runs) > 1 and _is_merged(*(len(run[0]) for run in self._runs[-2:])):
            hashes, rows = (np.concatenate(pair) for pair in zip(*self._runs[-2:], strict=True))
            order = np.argsort(hashes, kind="stable")
            self._runs[-2:] = [(hashes[order], rows[order])]

    def _read(self, rows: Positions) -> pa.Table:
        """The texts of rows of earlier chunks, in order."""
        if self._texts is None:
            self._texts = _Texts()
            for columns in self._again():
                self._texts.add(columns.slice(0, self._size - self._texts.row_count))
                if self._texts.row_count == self._size:
                    break
        return self._texts.read(rows)


class _Texts:
    """Rows in a file on the local disk."""

    def __init__(self) -> None:
        # It has no name, so that a killed run leaves nothing behind.
        self._file = tempfile.TemporaryFile(prefix="lakehouse-landing-")  # noqa: SIM115
        self._firsts: list[int] = []
        self._places: list[tuple[int, int]] = []  # where a batch of rows begins, its bytes
        self.row_count = 0

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def add(self, columns: pa.Table) -> None:
        """Append rows."""
        place = self._file.seek(0, 2)
        for batch in columns.to_batches(max_chunksize=_BATCH_ROWS):
            with pa.ipc.new_stream(self._file, columns.schema) as stream:
                stream.write_batch(batch)
            end = self._file.tell()
            self._firsts.append(self.row_count)
            self._places.append((place, end - place))
            self.row_count += batch.num_rows
            place = end

    def read(self, rows: Positions) -> pa.Table:
        """The rows at these positions, which ascend; at least one."""
        batches = np.searchsorted(self._firsts, rows, side="right") - 1
        return pa.concat_tables(
            self._load(*self._places[batch]).take(pa.array(rows[batches == batch] - first))
            for batch, first in ((each, self._firsts[each]) for each in np.unique(batches))
        )

    def _load(self, place: int, size: int) -> pa.Table:
        self._file.seek(place)
        return pa.ipc.open_stream(self._file.read(size)).read_all()


def _is_merged(older: int, newer: int) -> bool:
    return older <= 2 * newer and older + newer <= _LONGEST_MERGED
