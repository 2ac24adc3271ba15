"""Delete what the lake need not keep any longer, as infra/lake.yml says (`retention_days`).

A zone whose bucket holds batches or tables loses whole folders `ingest_date=…`, by the date in
their name: nothing else there is known to be old, least of all a file of an Iceberg table. Any
other zone, such as results of queries, loses objects by the day they were stored. A zone without
`retention_days` keeps everything. On AWS the lifecycle of a bucket may do the same by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from lakehouse.contracts.inventory import Zone
from lakehouse.contracts.lake import Lake
from lakehouse.errors import LakeError

_INGEST_DATE = re.compile(r"(?:^|/)ingest_date=(\d{4}-\d{2}-\d{2})/")
_BATCHES = ("stage", "raw")
_PER_REQUEST = 1000


@dataclass(frozen=True, slots=True)
class Expired:
    """What a zone loses: objects of before `before`, their number and size."""

    zone: str
    bucket: str
    before: date
    object_count: int
    size_bytes: int


def expire(lake: Lake, today: date, *, dry_run: bool = False) -> list[Expired]:
    """Delete the objects that are older than their zone keeps; return what went, by zone.

    `today` is a day in UTC. Objects that are `retention_days` old stay. With `dry_run`, return
    what would go.

    Raises:
        LakeError: S3 refused to delete an object; what went before it is gone.
    """
    found = []
    for zone in lake.inventory.zones.values():
        if not zone.has_bucket or zone.retention_days is None:
            continue
        before = today - timedelta(days=zone.retention_days)
        bucket = lake.bucket(zone.name)
        old = list(_find_old(lake, bucket, zone, before))
        if not dry_run:
            for start in range(0, len(old), _PER_REQUEST):
                keys = [{"Key": key} for key, _ in old[start : start + _PER_REQUEST]]
                answer = lake.s3.delete_objects(
                    Bucket=bucket,
                    Delete={"Objects": keys, "Quiet": True},  # type: ignore[typeddict-item]
                )
                for problem in answer.get("Errors", []):
                    raise LakeError(f"s3://{bucket}/{problem['Key']}: {problem['Message']}")
        found.append(Expired(zone.name, bucket, before, len(old), sum(size for _, size in old)))
    return found


def _find_old(lake: Lake, bucket: str, zone: Zone, before: date) -> Iterator[tuple[str, int]]:
    by_name = zone.has_database or zone.name in _BATCHES
    for page in lake.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            named = _INGEST_DATE.search(item["Key"])
            if named:
                is_old = date.fromisoformat(named[1]) < before
            else:
                is_old = not by_name and item["LastModified"].date() < before
            if is_old:
                yield item["Key"], item["Size"]
