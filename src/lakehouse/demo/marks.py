"""What the demonstration remembers in the lake: what it is made from, and which days are built.

Objects below ``demo/`` in the ops bucket, so that they vanish with the lake they speak of.
"""

from __future__ import annotations

import datetime as dt

from botocore.exceptions import ClientError

from lakehouse.contracts import Lake
from lakehouse.errors import DemoError

_PREFIX = "demo/"


def check_lake(lake: Lake, identity: str) -> None:
    """Raise DemoError when the lake is made from something else than ``identity``."""
    found = _get(lake, f"{_PREFIX}identity")
    if found not in (None, identity):
        raise DemoError(
            f"the lake holds data of another demonstration ({found}); this one is {identity}. Run "
            "`make clean` to start anew, or set LOCAL_ATHENA_DATA and LAKEHOUSE_SOURCES_DIR to "
            "other folders"
        )


def claim_lake(lake: Lake, identity: str) -> None:
    """Mark the lake as made from ``identity``."""
    _put(lake, f"{_PREFIX}identity", identity)


def release_lake(lake: Lake) -> None:
    """Take the mark away."""
    lake.s3.delete_object(Bucket=lake.bucket("ops"), Key=f"{_PREFIX}identity")


def built_days(lake: Lake) -> dict[dt.date, str]:
    """The business dates that were built, with the digest of the dbt project that built them."""
    prefix = f"{_PREFIX}built/"
    pages = lake.s3.get_paginator("list_objects_v2").paginate(
        Bucket=lake.bucket("ops"), Prefix=prefix
    )
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {dt.date.fromisoformat(key.removeprefix(prefix)): _get(lake, key) or "" for key in keys}


def mark_built(lake: Lake, day: dt.date, digest: str) -> None:
    """Remember that the day was built."""
    _put(lake, f"{_PREFIX}built/{day.isoformat()}", digest)


def _get(lake: Lake, key: str) -> str | None:
    try:
        body = lake.s3.get_object(Bucket=lake.bucket("ops"), Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    return body.decode("utf-8")


def _put(lake: Lake, key: str, text: str) -> None:
    lake.s3.put_object(Bucket=lake.bucket("ops"), Key=key, Body=text.encode("utf-8"))
