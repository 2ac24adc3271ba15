"""Parquet footers, read once per file version and kept."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from local_athena.engine.scans.listing import DataFile
from local_athena.sql.errors import SqlError

_LIMIT = 16384


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Compressed bytes of each column (by lower-case top-level name), rows, and statistics.

    `ranges` has (minimum, maximum, null count) by column, for flat columns that have them.
    """

    rows: int
    sizes: dict[str, int]
    ranges: dict[str, tuple[Any, Any, int | None]]


@dataclass(frozen=True, slots=True)
class Footer:
    """What a scan asks of a Parquet file; `signature` identifies its schema.

    `names` are those by which the table knows the file's columns.
    """

    schema: pa.Schema
    signature: tuple[tuple[str, str], ...]
    row_groups: tuple[RowGroup, ...]
    names: tuple[str, ...]

    def find(self, name: str) -> pa.Field | None:
        """The column of that name; the first, when two differ in case only."""
        if name not in self.names:
            return None
        return self.schema.field(self.names.index(name))

    def by_position(self, columns: Sequence[str]) -> "Footer":
        """The same file with its columns known by their place in the table."""
        known = dict(zip(self.names, columns, strict=False))
        groups = tuple(
            RowGroup(
                group.rows,
                {known[name]: size for name, size in group.sizes.items() if name in known},
                {known[name]: found for name, found in group.ranges.items() if name in known},
            )
            for group in self.row_groups
        )
        ordered = tuple((field.name, str(field.type)) for field in self.schema)
        return replace(self, signature=ordered, row_groups=groups, names=tuple(known.values()))

    def bytes_of(self, columns: Iterable[str], groups: Iterable[int]) -> int:
        """Compressed bytes of some columns in some row groups."""
        names = tuple(columns)
        return sum(self.row_groups[group].sizes.get(name, 0) for group in groups for name in names)


class FooterCache:
    """Footers by (path, size, modification time), the least recently used dropped."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._footers: OrderedDict[tuple[str, int, int], Footer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, file: DataFile) -> Footer:
        """The footer of a file.

        Raises:
            SqlError: HIVE_BAD_DATA or HIVE_CANNOT_OPEN_SPLIT when it is no Parquet file.
        """
        key = (str(file.path), file.size, file.modified_ns)
        with self._lock:
            footer = self._footers.get(key)
            if footer is not None:
                self._footers.move_to_end(key)
                return footer
        footer = _read(file.path, file.uri)
        with self._lock:
            self._footers[key] = footer
            while len(self._footers) > self._limit:
                self._footers.popitem(last=False)
        return footer


def _read(path: Path, uri: str) -> Footer:
    try:
        with pq.ParquetFile(path) as file:
            metadata, schema = file.metadata, file.schema_arrow
    except FileNotFoundError:
        raise SqlError(
            "HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split {uri}: missing"
        ) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise SqlError("HIVE_BAD_DATA", f"Not valid Parquet file: {uri}: {error}") from error
    schema = schema.remove_metadata()
    leaves = [
        metadata.schema.column(index).path.split(".", 1)[0].lower()
        for index in range(metadata.num_columns)
    ]
    flat = [leaves.count(name) == 1 for name in leaves]
    groups = tuple(
        _row_group(metadata.row_group(index), leaves, flat)
        for index in range(metadata.num_row_groups)
    )
    signature = tuple(sorted((field.name, str(field.type)) for field in schema))
    return Footer(schema, signature, groups, tuple(field.name.lower() for field in schema))


def _row_group(group: Any, leaves: list[str], flat: list[bool]) -> RowGroup:
    sizes: dict[str, int] = {}
    ranges: dict[str, tuple[Any, Any, int | None]] = {}
    for index, name in enumerate(leaves):
        chunk = group.column(index)
        sizes[name] = sizes.get(name, 0) + chunk.total_compressed_size
        if flat[index] and chunk.is_stats_set:
            statistics = chunk.statistics
            if statistics is not None and statistics.has_min_max:
                nulls = statistics.null_count if statistics.has_null_count else None
                ranges[name] = (statistics.min, statistics.max, nulls)
    return RowGroup(group.num_rows, sizes, ranges)
