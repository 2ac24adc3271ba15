"""Position delete files: one for each data file that loses rows, as Trino writes them.

They are written from Arrow batches as these come, so that a file's deletes need not fit in memory.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.conversions import to_bytes
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.typedef import Record
from pyiceberg.types import StringType

from local_athena.engine.iceberg.planning import PATH_FIELD, POSITION_FIELD
from local_athena.engine.iceberg.write import Cursor, Target

_VERSION: Literal[2] = 2
_SCHEMA = pa.schema(
    [
        pa.field(name, kind, nullable=False, metadata={"PARQUET:field_id": str(number)})
        for name, kind, number in (
            ("file_path", pa.string(), PATH_FIELD),
            ("pos", pa.int64(), POSITION_FIELD),
        )
    ]
)


def write_position_deletes(
    target: Target, cursor: Cursor, select: str, files: Sequence[DataFile]
) -> list[DataFile]:
    """Write and publish the deletes of a SELECT of (n, p): index into `files`, row of the file."""
    found: list[DataFile] = []
    with target.lake.store.temporary_folder() as folder:
        for number, runs in groupby(_by_file(cursor, select), key=itemgetter(0)):
            path = folder / f"{number}.parquet"
            rows = 0
            with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
                for _, positions in runs:
                    names = pa.repeat(files[number].file_path, len(positions))
                    writer.write_table(pa.table([names, positions], schema=_SCHEMA))
                    rows += len(positions)
            found.append(_publish(target, path, files[number], rows))
    return found


def _by_file(cursor: Cursor, select: str) -> Iterator[tuple[int, pa.Array]]:
    """Runs of positions that belong to one file, both rising."""
    ordered = f"SELECT n, CAST(p AS BIGINT) AS p FROM ({select}) q ORDER BY n, p"
    for batch in cursor.batches(ordered):
        start = 0
        for run in pc.run_end_encode(batch["n"]).run_ends.to_pylist():
            yield batch["n"][start].as_py(), batch["p"][start:run]
            start = run


def _publish(target: Target, path: Path, file: DataFile, rows: int) -> DataFile:
    spec = target.metadata.specs()[file.spec_id]
    record = Record(*(file.partition[index] for index in range(len(file.partition))))
    folder = ""
    if not spec.is_unpartitioned():
        folder = spec.partition_to_path(record, target.schema) + "/"
    uri = target.data_location(f"{folder}{uuid4()}-deletes.parquet")
    size = path.stat().st_size
    target.lake.store.publish(path, uri)
    name = to_bytes(StringType(), file.file_path)
    deletes = DataFile.from_args(
        _table_format_version=_VERSION,
        content=DataFileContent.POSITION_DELETES,
        file_path=uri,
        file_format=FileFormat.PARQUET,
        partition=record,
        record_count=rows,
        file_size_in_bytes=size,
        column_sizes=None,
        value_counts={PATH_FIELD: rows, POSITION_FIELD: rows},
        null_value_counts={PATH_FIELD: 0, POSITION_FIELD: 0},
        nan_value_counts=None,
        lower_bounds={PATH_FIELD: name},
        upper_bounds={PATH_FIELD: name},
        key_metadata=None,
        split_offsets=[4],
        equality_ids=None,
        sort_order_id=None,
    )
    deletes.spec_id = spec.spec_id
    return deletes
