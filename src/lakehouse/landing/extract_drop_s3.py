"""Objects below a prefix of a bucket, copied to the stage a block at a time, as a folder's files.

S3 shows an object when it is whole; what programs write under a name of its own first is left
alone all the same. An object that is replaced while it is read is told by its ETag, which is no
checksum: what a file is, its SHA-256 in the stage says.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.contracts import Contract
from lakehouse.drop_place import S3Prefix
from lakehouse.errors import SourceError, SourceUnavailableError
from lakehouse.landing.extract_drop import is_delivered, refuse_growing
from lakehouse.landing.object_body import ObjectBody
from lakehouse.landing.stage import Stage
from lakehouse.transience import is_transient

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHANGED = ("NoSuchKey", "PreconditionFailed", "404", "412")


def find_objects(s3: S3Client, folder: S3Prefix, contract: Contract) -> list[str]:
    """The names directly below the prefix that match the contract's pattern, in order; see
    `find_sizes` for what it raises."""
    return list(find_sizes(s3, folder, contract))


def find_sizes(s3: S3Client, folder: S3Prefix, contract: Contract) -> dict[str, int]:
    """Bytes by name of the objects that `find_objects` finds.

    Raises:
        SourceUnavailableError, SourceError: S3 does not answer, or refuses.
        SourceError: a name that matches is a "folder", or leads elsewhere.
    """
    sizes: dict[str, int] = {}
    with _named(contract, folder):
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=folder.bucket, Prefix=folder.prefix, Delimiter="/"
        )
        for page in pages:
            sizes |= {item["Key"]: item["Size"] for item in page.get("Contents", [])}
            sizes |= {item["Prefix"]: 0 for item in page.get("CommonPrefixes", [])}
    below = {name.removeprefix(folder.prefix): size for name, size in sorted(sizes.items())}
    found = {
        name: size
        for name, size in below.items()
        if name and is_delivered(name.rstrip("/"), contract.source.pattern)
    }
    for name in found:
        if "/" in name or "\\" in name or not name.isprintable():
            raise SourceError(
                contract.feed,
                f"{name!a} in {folder} is no file of that folder: deliver the file itself",
            )
    return found


def copy_objects(
    s3: S3Client, folder: S3Prefix, names: Sequence[str], contract: Contract, stage: Stage
) -> None:
    """Write the objects to the stage, which holds nothing else then.

    Raises:
        SourceUnavailableError, SourceError: S3 does not answer, or refuses.
        SourceMissingError: an object was replaced while it was copied; the stage is empty.
    """
    stage.clear()
    for name in names:
        try:
            _copy_object(s3, folder, name, contract, stage)
        except _ChangedError as error:
            stage.clear()
            raise refuse_growing(contract, f"{folder}{name}") from error


def _copy_object(
    s3: S3Client, folder: S3Prefix, name: str, contract: Contract, stage: Stage
) -> None:
    """Raises _ChangedError where the object was replaced meanwhile, or has gone."""
    place: Any = {"Bucket": folder.bucket, "Key": folder.prefix + name}
    with _named(contract, folder):
        body = ObjectBody(s3, folder.bucket, folder.prefix + name)
    with io.BufferedReader(_Body(body, contract, folder)) as file:
        stage.put_file(name, file)
    with _named(contract, folder):
        after = s3.head_object(**place)
    if (after["ETag"], after["LastModified"]) != (body.etag, body.modified):
        raise _ChangedError


class _ChangedError(Exception):
    """The object is not the one that was looked at."""


class _Body(io.RawIOBase):
    """An object's bytes, read once; what ends them early is an error of the source."""

    def __init__(self, body: ObjectBody, contract: Contract, folder: S3Prefix) -> None:
        super().__init__()
        self._body = body
        self._contract = contract
        self._folder = folder

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there are bytes; see `io.RawIOBase`."""
        with _named(self._contract, self._folder):
            block = self._body.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Let go of the connection."""
        self._body.close()
        super().close()


@contextmanager
def _named(contract: Contract, folder: S3Prefix) -> Iterator[None]:
    """Turn what S3 says into an error of the feed's source."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _CHANGED:
            raise _ChangedError from error
        if is_transient(error):
            raise SourceUnavailableError(
                contract.feed, f"{folder} does not answer: {code}"
            ) from error
        raise SourceError(contract.feed, f"S3 refused the drop folder {folder}: {code}") from error
    except BotoCoreError as error:
        raise SourceUnavailableError(
            contract.feed, f"{folder} does not answer: {type(error).__name__}"
        ) from error
