"""The bytes of an object of S3, read once; a connection that breaks goes on where it broke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, IncompleteReadError

from lakehouse.backoff import retrying

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ObjectBody:
    """A body with `read` and `close`. S3's client tries a call again, and no body that it has begun
    to give: what is read after a break is asked for by range, of the same version of the object."""

    def __init__(self, s3: S3Client, bucket: str, key: str) -> None:
        """Ask for the object; raises botocore's ClientError where it is not to be had."""
        self._s3 = s3
        self._place: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._offset = 0
        answer = s3.get_object(**self._place)
        self.etag, self.modified = answer["ETag"], answer["LastModified"]
        self._size = answer["ContentLength"]
        self._body: Any = answer["Body"]

    def read(self, size: int | None = None) -> bytes:
        """Up to `size` bytes, or all that are left; b"" at the end.

        Raises:
            BotoCoreError: the connection broke several times at one place.
            ClientError: the object was replaced meanwhile, or has gone.
        """
        block: bytes = retrying(f"{self._place['Key']}")(self._read_once, size)
        self._offset += len(block)
        return block

    def _read_once(self, size: int | None) -> bytes:
        if self._offset >= self._size:
            return b""
        if self._body is None:
            rest = f"bytes={self._offset}-"
            answer = self._s3.get_object(**self._place, Range=rest, IfMatch=self.etag)
            left = self._size - self._offset
            if answer["ContentLength"] != left:
                raise IncompleteReadError(actual_bytes=answer["ContentLength"], expected_bytes=left)
            self._body = answer["Body"]
        try:
            block: bytes = self._body.read(size)
        except BotoCoreError:
            self.close()
            raise
        return block

    def close(self) -> None:
        """Let go of the connection."""
        if self._body is not None:
            self._body.close()
            self._body = None
