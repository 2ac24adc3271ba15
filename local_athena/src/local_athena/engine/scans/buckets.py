"""Which files of a bucketed Hive table can hold rows that a statement asks for.

As Trino's Hive connector: every bucket column must be restricted to single values, of a type whose
hash files agree on; a file's bucket is in its name, or is its place among as many files as there
are buckets.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import prod

from local_athena.catalog.model import Table
from local_athena.engine.handles import is_bucketed
from local_athena.engine.hive_types import trino_type
from local_athena.engine.scans.listing import DataFile
from local_athena.engine.writes.bucketing import bucket_of, hash_of
from local_athena.sql.pruning import ScanNeed

_NAMES = (
    re.compile(r".*_bucket-(\d+)(?:[-_.].*)?"),  # Presto, Athena, awswrangler
    re.compile(r"(\d+)_.*"),  # Hive
    re.compile(r"bucket_(\d+)(?:_\d+)?"),  # Hive's transactional tables
)
_TYPES = frozenset({"tinyint", "smallint", "int", "bigint", "boolean", "string"})
_MOST_VALUES = 1000


def wanted_buckets(table: Table, need: ScanNeed) -> frozenset[int] | None:
    """The buckets that rows may lie in; None where all may."""
    count = table.bucket_count or 0
    if not is_bucketed(table):
        return None
    if table.parameters.get("bucketing_version", "1") != "1":
        return None
    types = {column.name.lower(): column.type.lower() for column in table.columns}
    choices, hashes = [], []
    for name in (column.lower() for column in table.bucket_columns):
        domain, kind = need.domains.get(name), types.get(name)
        if domain is None or domain.points is None or kind not in _TYPES:
            return None
        choices.append((*domain.points, *((None,) if domain.null else ())))
        hashes.append(hash_of(name, trino_type(kind)))
    if prod(map(len, choices)) > _MOST_VALUES:
        return None
    return frozenset(bucket_of(values, hashes, count) for values in product(*choices))


def files_of(files: Sequence[DataFile], buckets: frozenset[int], count: int) -> list[DataFile]:
    """The files of these buckets; all of a folder whose files do not show their buckets."""
    return [
        file for file in numbered(files, count) if file.bucket is None or file.bucket in buckets
    ]


def numbered(files: Sequence[DataFile], count: int) -> list[DataFile]:
    """A folder's files with their buckets, or all without where they do not show them."""
    numbers = [_number(file) for file in files]
    if any(number is None or number >= count for number in numbers):
        if len(files) != count:
            return list(files)
        places = sorted(files, key=lambda file: file.uri)
        return [replace(file, bucket=number) for number, file in enumerate(places)]
    return [replace(file, bucket=number) for file, number in zip(files, numbers, strict=True)]


def _number(file: DataFile) -> int | None:
    name = file.uri.rpartition("/")[2]
    found = next(filter(None, (pattern.fullmatch(name) for pattern in _NAMES)), None)
    return int(found[1]) if found else None
