"""What landed in raw: the bytes that a daily run has to read, whatever it costs."""

from __future__ import annotations

import datetime as dt

from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import feed_prefix


def landed_bytes(lake: Lake, since: dt.date) -> int:
    """Bytes of the data files of all feeds whose business date is `since` or later."""
    bucket = lake.bucket("raw")
    pages = lake.s3.get_paginator("list_objects_v2")
    size = 0
    for contract in lake.contracts.values():
        prefix = feed_prefix(contract)
        # Keys are listed in their order, so that the days before cost nothing.
        start = f"{prefix}ingest_date={since.isoformat()}"
        for page in pages.paginate(Bucket=bucket, Prefix=prefix, StartAfter=start):
            for found in page.get("Contents", []):
                # What Athena does not see begins with an underscore: manifests, refused rows.
                if not found["Key"].rpartition("/")[2].startswith("_"):
                    size += int(found["Size"])
    return size
