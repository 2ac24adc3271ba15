"""Objects of a lake's bucket: the few S3 operations that landing needs, and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.errors import LakeError
from lakehouse.landing.object_body import ObjectBody
from lakehouse.landing.ordered import in_order
from lakehouse.landing.streams import Summed
from lakehouse.shared_state import OVERTAKEN

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 16 * 1024 * 1024
"""What is longer goes up in parts of this size: S3 shows the object when the last one is there."""

Condition = Mapping[str, Any]
"""`IfMatch` or `IfNoneMatch` of a write; empty: whatever lies there (`shared_state.succeeding`)."""

_ALWAYS: Condition = MappingProxyType({})


class OvertakenError(Exception):
    """A conditional write found that another writer had been there."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and the client that reaches it."""

    s3: S3Client
    name: str

    def uri(self, key: str) -> str:
        """The address of an object."""
        return f"s3://{self.name}/{key}"

    def put(self, key: str, content: bytes, condition: Condition = _ALWAYS) -> str:
        """Store an object whole or not at all; S3 refuses it if it arrives altered.

        Returns its SHA-256 in lower hex.

        Raises:
            OvertakenError: the condition does not hold, and what lies there is not this content.
        """
        digest = hashlib.sha256(content)
        with _named(self.name), self._unless_overtaken(key, digest):
            self.s3.put_object(
                Bucket=self.name,
                Key=key,
                Body=content,
                ChecksumSHA256=_base64(digest.digest()),
                **condition,
            )
        return digest.hexdigest()

    @contextmanager
    def _unless_overtaken(self, key: str, digest: hashlib._Hash) -> Iterator[None]:
        """Tell another writer's object from our own: a client that lost S3's answer to its write
        sends it again, and is refused because of the first."""
        try:
            yield
        except ClientError as error:
            if _code(error) not in OVERTAKEN:
                raise
            body = self.open(key)
            if body is not None:
                found = Summed(body)
                found.drain()
                if found.sha256 == digest.hexdigest():
                    return
            raise OvertakenError(self.uri(key)) from error

    def put_file(
        self, key: str, file: IO[bytes], condition: Condition = _ALWAYS
    ) -> tuple[int, str]:
        """Store what a file holds from its position on, whole or not at all, a part at a time.

        Returns its size in bytes and its SHA-256 in lower hex. What a killed run left of an upload
        to the same key is removed first.

        Raises:
            OvertakenError: the condition does not hold, and what lies there is not this content; or
                another writer of the key removed this upload.
        """
        part = file.read(PART_BYTES)
        following = file.read(PART_BYTES) if len(part) == PART_BYTES else b""
        if not following:
            return len(part), self.put(key, part, condition)
        with _named(self.name):
            self._abort_uploads(key)
            upload = self.s3.create_multipart_upload(
                Bucket=self.name, Key=key, ChecksumAlgorithm="SHA256"
            )["UploadId"]
            try:
                rest = iter(lambda: file.read(PART_BYTES), b"")
                return self._put_parts(key, upload, chain((part, following), rest), condition)
            except BaseException as error:
                with suppress(ClientError):
                    self.s3.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload)
                if isinstance(error, ClientError) and _code(error) == "NoSuchUpload":
                    raise OvertakenError(self.uri(key)) from error  # another writer aborted it
                raise

    def _put_parts(
        self, key: str, upload: str, contents: Iterable[bytes], condition: Condition
    ) -> tuple[int, str]:
        """Send the parts side by side; return the size and SHA-256 of the whole."""

        def send(numbered: tuple[int, bytes]) -> dict[str, Any]:
            number, content = numbered
            checksum = _base64(hashlib.sha256(content).digest())
            answer = self.s3.upload_part(
                Bucket=self.name,
                Key=key,
                UploadId=upload,
                PartNumber=number,
                Body=content,
                ChecksumSHA256=checksum,
            )
            return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

        digest, size = hashlib.sha256(), 0
        parts: list[dict[str, Any]] = []
        for (_, content), part in in_order(send, enumerate(contents, start=1)):
            digest.update(content)
            size += len(content)
            parts.append(part)
        with self._unless_overtaken(key, digest):
            self.s3.complete_multipart_upload(
                Bucket=self.name,
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
                **condition,
            )
        return size, digest.hexdigest()

    def _abort_uploads(self, key: str) -> None:
        pages = self.s3.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.name, Prefix=key
        )
        for page in pages:
            for upload in page.get("Uploads", []):
                if upload["Key"] == key:
                    self.s3.abort_multipart_upload(
                        Bucket=self.name, Key=key, UploadId=upload["UploadId"]
                    )

    def get(self, key: str) -> bytes | None:
        """The bytes of an object, or None when there is none."""
        body = self.open(key)
        return None if body is None else body.read()

    def open(self, key: str) -> ObjectBody | None:
        """The body of an object, to be read once from its start; None when there is none."""
        try:
            with _named(self.name):
                return ObjectBody(self.s3, self.name, key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise

    def list(self, prefix: str) -> Iterator[str]:
        """The keys below a prefix, in order."""
        for item in self._items(prefix):
            yield item["Key"]

    def versions(self, prefix: str) -> dict[str, str]:
        """The ETags of the objects below a prefix, in the order of their keys."""
        return {item["Key"]: item["ETag"] for item in self._items(prefix)}

    def times(self, prefix: str) -> dict[str, datetime]:
        """When the objects below a prefix were stored, by S3's clock, in the order of keys."""
        return {item["Key"]: item["LastModified"] for item in self._items(prefix)}

    def _items(self, prefix: str) -> Iterator[Any]:
        with _named(self.name):
            for page in self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=prefix
            ):
                yield from page.get("Contents", [])

    def folders(self, prefix: str) -> Iterator[str]:
        """The names of the folders right below a prefix, which ends with a slash, in order."""
        with _named(self.name):
            for page in self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=prefix, Delimiter="/"
            ):
                for item in page.get("CommonPrefixes", []):
                    yield item["Prefix"].removeprefix(prefix).rstrip("/")

    def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is no error."""
        with _named(self.name):
            self.s3.delete_object(Bucket=self.name, Key=key)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


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
            "lake gets it from `local-athena exec -- lakehouse contracts apply --target local`"
        ) from error
