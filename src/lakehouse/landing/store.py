"""Objects of a lake's bucket: the few S3 operations that landing needs, and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lakehouse.errors import LakeError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and the client that reaches it."""

    s3: S3Client
    name: str

    def uri(self, key: str) -> str:
        """The address of an object."""
        return f"s3://{self.name}/{key}"

    def put(self, key: str, content: bytes) -> str:
        """Store an object whole or not at all; S3 refuses it if it arrives altered.

        Returns its SHA-256 in lower hex.
        """
        digest = hashlib.sha256(content)
        with _named(self.name):
            self.s3.put_object(
                Bucket=self.name,
                Key=key,
                Body=content,
                ChecksumSHA256=base64.b64encode(digest.digest()).decode("ascii"),
            )
        return digest.hexdigest()

    def get(self, key: str) -> bytes | None:
        """The bytes of an object, or None when there is none."""
        try:
            with _named(self.name):
                return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise

    def list(self, prefix: str) -> Iterator[str]:
        """The keys below a prefix, in order."""
        with _named(self.name):
            for page in self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=prefix
            ):
                for item in page.get("Contents", []):
                    yield item["Key"]

    def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is no error."""
        with _named(self.name):
            self.s3.delete_object(Bucket=self.name, Key=key)


@contextmanager
def _named(bucket: str) -> Iterator[None]:
    """Turn the absence of a bucket into an error that says how to make it."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        raise LakeError(
            f"the bucket {bucket} does not exist: make it as infra/lake.yml names it; a local "
            "lake gets it from `lakehouse contracts apply --target local`"
        ) from error
