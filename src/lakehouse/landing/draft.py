"""A batch between door and raw: two Parquet files on the local disk, and what was counted.

Chunks come in the order of the batch. Small files stay in memory. Whoever publishes it knows every
count and checksum before S3 sees the first byte.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.contracts import TECHNICAL_COLUMNS, Contract
from lakehouse.landing.door import REJECTED_SCHEMA, RULES, Admission
from lakehouse.landing.model import FileFacts, Role
from lakehouse.landing.oddities import Profile, merge_profiles, profile_rows
from lakehouse.landing.streams import Summing
from lakehouse.landing.values import arrow_type

_IN_MEMORY_BYTES = 16 * 1024 * 1024
_GROUP_BYTES = 64 * 1024 * 1024
"""Rows of so many bytes, as Arrow holds them, are one row group."""


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A finished Parquet file: where it lies, and what is promised of it."""

    file: IO[bytes]
    size_bytes: int
    row_count: int
    sha256: str

    def facts(self, role: Role, uri: str) -> FileFacts:
        """The facts for the manifest, once it has an address."""
        return FileFacts(role, uri, self.size_bytes, self.row_count, self.sha256)

    def rewound(self) -> IO[bytes]:
        """The file, to be read from its start."""
        self.file.seek(0)
        return self.file


class _Rows:
    """Tables of one schema, on their way into a Parquet file.

    A row group is written in a thread, while the door works on what comes after it.
    """

    def __init__(self, schema: pa.Schema, stack: ExitStack) -> None:
        self._schema = schema
        self._stack = stack
        self._waiting: list[pa.Table] = []
        self._sink: Summing | None = None
        self._file: IO[bytes] | None = None
        self._writer: pq.ParquetWriter | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._writing: Future[None] | None = None
        self.count = 0

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        if table.num_rows == 0:
            return
        self.count += table.num_rows
        self._waiting.append(table)
        if sum(waiting.nbytes for waiting in self._waiting) >= _GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        if self._writer is None or self._thread is None:
            # Whoever publishes the draft reads the file, so it lives as long as the draft.
            spool = tempfile.SpooledTemporaryFile  # closed by the stack
            file = spool(_IN_MEMORY_BYTES, prefix="lakehouse-landing-")
            self._file = self._stack.enter_context(file)
            self._sink = Summing(self._file)
            # Texts repeat; a dictionary of numbers and instants costs more than it saves.
            texts = [field.name for field in self._schema if pa.types.is_string(field.type)]
            self._writer = pq.ParquetWriter(
                self._sink,
                self._schema,
                compression="zstd",
                version="2.6",
                store_schema=False,
                use_dictionary=texts,
            )
            self._thread = self._stack.enter_context(ThreadPoolExecutor(1))
        self._wait()
        group = pa.concat_tables(self._waiting)
        self._waiting.clear()
        self._writing = self._thread.submit(self._writer.write_table, group)

    def _wait(self) -> None:
        """Until the row group that is being written is; at most one is."""
        if self._writing is not None:
            self._writing.result()

    def finish(self) -> DraftFile | None:
        """The file, or None when there was no row."""
        if self._waiting:
            self._write_group()
        if self._writer is None or self._sink is None or self._file is None:
            return None
        self._wait()
        self._writer.close()
        return DraftFile(self._file, self._sink.size, self.count, self._sink.sha256)


class Draft:
    """A batch as far as the door has seen it. Use it in a `with`: its files go at the end.

    `data` and `rejected` are None without rows, and until `finish`.
    """

    def __init__(
        self, contract: Contract, run_id: str, ingested_at: datetime, end_of_day: datetime
    ) -> None:
        self._contract = contract
        self._run_id = run_id
        self._millis = int(ingested_at.astimezone(UTC).timestamp() * 1_000)
        self._end_of_day = end_of_day
        self._stack = ExitStack()
        self._schema = pa.schema(
            [(column.name, arrow_type(column.type)) for column in contract.columns]
            + [(column.name, arrow_type(column.type)) for column in TECHNICAL_COLUMNS]
        )
        self._written = _Rows(self._schema, self._stack)
        self._refused = _Rows(REJECTED_SCHEMA, self._stack)
        self._profiles: list[Profile] = []
        self._rejected_by_rule: Counter[str] = Counter()
        self._warned_by_rule: Counter[str] = Counter()
        self._ignored: set[str] = set()
        self.read_count = 0
        self.data: DraftFile | None = None
        self.rejected: DraftFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *of_error: object) -> None:
        self._stack.close()

    @property
    def written_count(self) -> int:
        """Rows that entered."""
        return self._written.count

    @property
    def rejected_count(self) -> int:
        """Rows that were refused."""
        return self._refused.count

    @property
    def rejected_by_rule(self) -> dict[str, int]:
        """Rows that were refused, by the rules that were broken, in the order of RULES."""
        return {
            rule: self._rejected_by_rule[rule] for rule in RULES if self._rejected_by_rule[rule]
        }

    @property
    def warned_by_rule(self) -> dict[str, int]:
        """Rows that entered against a rule that warns, by its name, in the contract's order."""
        names = [check.name for column in self._contract.columns for check in column.checks]
        return {name: self._warned_by_rule[name] for name in names if self._warned_by_rule[name]}

    @property
    def ignored(self) -> tuple[str, ...]:
        """Fields of the source that no contract mentions."""
        return tuple(sorted(self._ignored))

    @property
    def profile(self) -> Profile:
        """What is to be seen of the rows that entered, all chunks together."""
        return merge_profiles(self._profiles, self._contract)

    def add(self, admission: Admission, ignored: Iterable[str] = ()) -> None:
        """Append what the door decided about a chunk."""
        self.read_count += admission.read_count
        self._rejected_by_rule.update(admission.rejected_by_rule)
        self._warned_by_rule.update(admission.warned_by_rule)
        self._ignored.update(ignored)
        if admission.rows.num_rows:
            self._profiles.append(profile_rows(admission.rows, self._contract, self._end_of_day))
            self._written.add(self._complete(admission.rows))
        if admission.rejected.num_rows:
            run_ids = pa.array([self._run_id] * admission.rejected.num_rows, pa.string())
            rows = admission.rejected.append_column("run_id", run_ids)
            self._refused.add(rows.select(REJECTED_SCHEMA.names).cast(REJECTED_SCHEMA))

    def finish(self) -> None:
        """There are no more chunks: complete the files."""
        self.data = self._written.finish()
        self.rejected = self._refused.finish()

    def _complete(self, rows: pa.Table) -> pa.Table:
        """The rows with all columns of the raw table, in its order."""
        size = rows.num_rows
        filled: Mapping[str, Any] = {
            "_ingested_at": pa.array(np.full(size, self._millis), pa.int64()).cast(
                pa.timestamp("ms")
            ),
            "_run_id": pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(size, dtype=np.int32)), pa.array([self._run_id], pa.string())
            ).cast(pa.string()),
        }
        columns = [
            filled[name] if name in filled else rows[name].cast(self._schema.field(name).type)
            for name in self._schema.names
        ]
        return pa.table(columns, schema=self._schema)
