"""Dropped files in a bucket: the day's folders as they lie on disk, under the same names."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.drop_place import S3Prefix
from lakehouse.errors import MarketplaceError


def copy_drops(drop: Path, day: dt.date, place: S3Prefix) -> None:
    """Put the files of a business date below the prefix; those that are there are left alone.

    Raises:
        MarketplaceError: the bucket is not there, or takes nothing.
    """
    try:
        s3 = boto3.client("s3")
        for path in sorted(drop.glob(f"*/{day.isoformat()}/*")):
            key = place.prefix + path.relative_to(drop).as_posix()
            found = s3.list_objects_v2(Bucket=place.bucket, Prefix=key, MaxKeys=1)
            if key not in [item["Key"] for item in found.get("Contents", [])]:
                s3.upload_file(str(path), place.bucket, key)
    except (BotoCoreError, ClientError) as error:
        raise MarketplaceError(
            f"files cannot be dropped into {place}: {error}. Make the bucket, or name another one"
        ) from error
