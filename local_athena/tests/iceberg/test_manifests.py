"""Manifests, against the bytes that PyIceberg's own encoder writes for the same entries."""

import json
import math
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import fastavro
import pytest
from local_athena.engine.iceberg.io import LocalOutput
from local_athena.engine.iceberg.manifests import _ListWriter, _Writer
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    IdentityTransform,
    MonthTransform,
    TruncateTransform,
    VoidTransform,
)
from pyiceberg.typedef import Record
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

_COLUMNS: list[tuple[str, IcebergType, Any, list[Any]]] = [
    ("flag", BooleanType(), IdentityTransform(), [True, False]),
    ("whole", IntegerType(), IdentityTransform(), [-1, 2**31 - 1]),
    ("long", LongType(), IdentityTransform(), [-(2**63), 0]),
    ("real", FloatType(), IdentityTransform(), [0.5, math.inf]),
    ("double", DoubleType(), IdentityTransform(), [-0.0, 1e300]),
    ("exact", DecimalType(9, 2), IdentityTransform(), [Decimal("-1234567.89"), Decimal("0.00")]),
    (
        "wide",
        DecimalType(38, 3),
        TruncateTransform(10),
        [Decimal("1.500"), Decimal(f"{10**34}.000")],
    ),
    ("day", DateType(), IdentityTransform(), [-1, 20000]),
    ("time", TimeType(), IdentityTransform(), [0, 86_399_999_999]),
    ("at", TimestampType(), IdentityTransform(), [-1, 1_700_000_000_000_000]),
    ("zoned", TimestamptzType(), MonthTransform(), [-5, 600]),
    ("text", StringType(), IdentityTransform(), ["", "São Paulo / ☃"]),
    ("bytes", BinaryType(), IdentityTransform(), [b"", b"\x00\xff"]),
    ("fixed", FixedType(3), IdentityTransform(), [b"abc", b"\x00\x01\x02"]),
    ("id", UUIDType(), IdentityTransform(), [UUID(int=0), UUID(int=2**128 - 1)]),
    ("a name-1", StringType(), BucketTransform(16), [0, 15]),
    ("ação", StringType(), VoidTransform(), [None, None]),
]
_SCHEMA = Schema(
    *(NestedField(n, name, kind) for n, (name, kind, *_) in enumerate(_COLUMNS, start=1))
)
_SPEC = PartitionSpec(
    *(
        PartitionField(n, 999 + n, transform, f"{name} part" if " " in name else name)
        for n, (name, _, transform, _) in enumerate(_COLUMNS, start=1)
    ),
    spec_id=3,
)


def _file(number: int, partition: Record, **facts: Any) -> DataFile:
    given: dict[str, Any] = {
        "content": DataFileContent.DATA,
        "file_path": f"s3://lake/t/data/{number}.parquet",
        "file_format": FileFormat.PARQUET,
        "partition": partition,
        "record_count": number,
        "file_size_in_bytes": 2**40 + number,
        "column_sizes": {1: 10, 2: 2**40},
        "value_counts": {1: number},
        "null_value_counts": {1: 0},
        "nan_value_counts": {},
        "lower_bounds": {1: b"", 2: b"\x00\xff"},
        "upper_bounds": {2: b"x" * 16},
        "key_metadata": None,
        "split_offsets": [4, 2**33],
        "equality_ids": None,
        "sort_order_id": 0,
    }
    return DataFile.from_args(**{**given, **facts})


def _entries() -> list[ManifestEntry]:
    bare = dict.fromkeys(
        ("column_sizes", "value_counts", "null_value_counts", "nan_value_counts", "lower_bounds",
         "upper_bounds", "split_offsets", "sort_order_id")
    )  # fmt: skip
    files = [
        _file(1, Record(*(values[0] for *_, values in _COLUMNS))),
        _file(2, Record(*(values[1] for *_, values in _COLUMNS))),
        _file(3, Record(*(None for _ in _COLUMNS)), **bare),
        _file(4, Record(*(values[0] for *_, values in _COLUMNS)), equality_ids=[1, 2]),
    ]
    statuses = [
        ManifestEntryStatus.ADDED,
        ManifestEntryStatus.EXISTING,
        ManifestEntryStatus.DELETED,
        ManifestEntryStatus.ADDED,
    ]
    return [
        ManifestEntry.from_args(
            status=status,
            snapshot_id=2**62,
            sequence_number=None if status == ManifestEntryStatus.ADDED else 7,
            file_sequence_number=None if status == ManifestEntryStatus.ADDED else 7,
            data_file=file,
        )
        for status, file in zip(statuses, files, strict=True)
    ]


def _content(path: Path) -> tuple[dict[str, Any], list[Any]]:
    reader = fastavro.reader(BytesIO(path.read_bytes()))
    header: dict[str, Any] = dict(reader.metadata)
    header["avro.schema"] = json.loads(header["avro.schema"])
    return header, list(reader)


@pytest.mark.parametrize("partitioned", [True, False])
def test_manifest__as_pyiceberg_writes_it__has_its_header_and_records(
    tmp_path: Path, partitioned: bool
) -> None:
    spec = _SPEC if partitioned else PartitionSpec(spec_id=3)
    entries = _entries()
    if not partitioned:
        for entry in entries:
            entry.data_file._data[3] = Record()
    theirs, ours = tmp_path / "theirs.avro", tmp_path / "ours.avro"
    arguments = (spec, _SCHEMA, LocalOutput(theirs), 2**62, "deflate")
    with ManifestWriterV2(*arguments) as writer:  # type: ignore[arg-type]
        for entry in entries:
            writer.add_entry(entry)
    expected = writer.to_manifest_file()
    with _Writer(
        ManifestContent.DATA, spec, _SCHEMA, LocalOutput(ours), 2**62, "deflate"
    ) as writer:
        for entry in entries:
            writer.add_entry(entry)
    found = writer.to_manifest_file()

    theirs_header, theirs_records = _content(theirs)
    ours_header, ours_records = _content(ours)
    assert ours_header == theirs_header
    assert repr(ours_records) == repr(theirs_records)  # (repr: NaN and -0.0 count)
    assert found.manifest_length == ours.stat().st_size
    found._data[1] = expected._data[1]
    found._data[0] = expected._data[0]
    assert found == expected

    lists = [tmp_path / "theirs-list.avro", tmp_path / "ours-list.avro"]
    with write_manifest_list(2, LocalOutput(lists[0]), 2**62, None, 9, "deflate") as list_writer:
        list_writer.add_manifests([expected])
    with _ListWriter(LocalOutput(lists[1]), 2**62, None, 9, "deflate") as list_writer:
        list_writer.add_manifests([expected])
    assert _content(lists[0]) == _content(lists[1])


def test_manifest__when_an_entry_cannot_be_written__leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "m.avro"
    entry = _entries()[0]
    entry.data_file._data[4] = "many"
    with (
        pytest.raises(TypeError),
        _Writer(ManifestContent.DATA, _SPEC, _SCHEMA, LocalOutput(path), 1, "deflate") as writer,
    ):
        writer.add_entry(entry)
    assert not path.exists()
