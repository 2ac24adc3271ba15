"""Delete what the lake need not keep any longer, as contracts and infra/lake.yml say.

A zone whose bucket holds batches or tables loses whole folders `ingest_date=…`, by the date in
their name: nothing else there is known to be old, least of all a file of an Iceberg table. A
batch of a feed, and what was noted and refused of it, goes when its contract's `retention` or the
zone's `retention_days` is over, whichever is first; but the newest batch of a feed stays in raw, as
the next extraction goes on from it, and so do the notes on it. Any other zone, such as results of
queries, loses objects by the day they were stored. What neither speaks of is kept. On AWS the
lifecycle of a bucket may do the same by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lakehouse.contracts.inventory import Zone
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.contracts.technical import NOTES
from lakehouse.errors import LakeError

_INGEST_DATE = re.compile(r"(?:^|/)ingest_date=(\d{4}-\d{2}-\d{2})/")
_RAW = "raw"
_BATCHES = ("stage", _RAW)
_NOTES = "ops"
_PER_REQUEST = 1000


@dataclass(frozen=True, slots=True)
class Expired:
    """What a zone loses of a feed, or (`feed` is "") of what belongs to none: objects of before
    `before`, their number and size."""

    zone: str
    feed: str
    bucket: str
    before: date
    object_count: int
    size_bytes: int


def expire(lake: Lake, today: date, *, dry_run: bool = False) -> list[Expired]:
    """Delete the objects that are older than contract or zone keeps them; return what went, by
    zone and feed: all that lose something, and every zone that has a rule of its own.

    `today` is a day in UTC. Objects that are as many days old as they are kept stay. With
    `dry_run`, return what would go.

    Raises:
        LakeError: S3 refused to delete an object; what went before it is gone.
    """
    found = []
    for zone in lake.inventory.zones.values():
        bounds = _find_bounds(lake, zone, today)
        if not bounds:
            continue
        bucket = lake.bucket(zone.name)
        old = _find_old(lake, bucket, zone, bounds)
        for feed, before in bounds.items():
            objects = old.get(feed, [])
            if not dry_run:
                _delete(lake, bucket, [key for key, _ in objects])
            if objects or not feed:
                size = sum(size for _, size in objects)
                found.append(Expired(zone.name, feed, bucket, before, len(objects), size))
    return found


def _find_bounds(lake: Lake, zone: Zone, today: date) -> dict[str, date]:
    """The day before which a zone keeps nothing, by feed; of what is of no feed under ""."""
    if not zone.has_bucket:
        return {}
    bounds: dict[str, date] = {}
    if zone.retention_days is not None:
        bounds[""] = today - timedelta(days=zone.retention_days)
    for contract in lake.contracts.values():
        if zone.name in (*_BATCHES, _NOTES) and contract.retention_days is not None:
            before = today - timedelta(days=contract.retention_days)
            bounds[contract.feed] = max(before, bounds.get("", before))
    return bounds


def _find_old(
    lake: Lake, bucket: str, zone: Zone, bounds: Mapping[str, date]
) -> dict[str, list[tuple[str, int]]]:
    """Keys and sizes of the objects of before the bounds, by feed."""
    feeds = {
        folder: contract.feed
        for contract in lake.contracts.values()
        for folder in (
            feed_prefix(contract),
            *(note.folder_of(contract.feed) for note in NOTES),
        )
    }
    by_name = zone.has_database or zone.name in _BATCHES
    newest: dict[str, date] = {}
    old = defaultdict(list)
    for key, size, stored in _list_objects(lake, bucket):
        feed = feeds.get("/".join(key.split("/")[:2]) + "/", "")
        named = _INGEST_DATE.search(key)
        if named is None and by_name:
            continue
        try:
            day = date.fromisoformat(named[1]) if named else stored
        except ValueError:  # no day of the calendar: nothing of it is known to be old
            continue
        newest[feed] = max(day, newest.get(feed, day))
        before = bounds.get(feed, bounds.get(""))
        if before is not None and day < before:
            old[feed].append((day, key, size))
    keeps_newest = zone.name in (_RAW, _NOTES)
    return {
        feed: [
            (key, size)
            for day, key, size in objects
            if not (keeps_newest and feed and day == newest[feed])
        ]
        for feed, objects in old.items()
    }


def _list_objects(lake: Lake, bucket: str) -> Iterator[tuple[str, int, date]]:
    for page in lake.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            yield item["Key"], item["Size"], item["LastModified"].date()


def _delete(lake: Lake, bucket: str, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), _PER_REQUEST):
        objects = [{"Key": key} for key in keys[start : start + _PER_REQUEST]]
        answer = lake.s3.delete_objects(
            Bucket=bucket,
            Delete={"Objects": objects, "Quiet": True},  # type: ignore[typeddict-item]
        )
        for problem in answer.get("Errors", []):
            raise LakeError(f"s3://{bucket}/{problem['Key']}: {problem['Message']}")
