"""Small JSON documents that workers share, as objects of a bucket.

A document is written only as the successor of the one that was read (If-Match), or as the first of
its name (If-None-Match): of two workers that decide at once one is refused, and decides again on
what the other one wrote. S3 answers the loser with 412, or with 409 when both writes meet, and with
404 when the document was deleted meanwhile. A client that lost S3's answer sends its write again
and is refused by itself: each write carries a mark by which it is known.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from lakehouse.backoff import retrying
from lakehouse.errors import LakeError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

R = TypeVar("R")

Document = dict[str, Any]
Decide = Callable[[Document | None], tuple[Document | None, R]]
"""What a document, None where there is none, is to become (None: stay as it is), and an answer."""

_ATTEMPTS = 50
_MARK = "_write"
_LONGEST_WAIT_SECONDS = 0.5
_ABSENT = ("NoSuchKey", "404")
OVERTAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409", "404")
"""What S3 answers to a conditional write when another one was quicker."""


@dataclass(frozen=True, slots=True)
class SharedState:
    """The documents below a prefix of a bucket, by name: `<prefix><name>.json`."""

    s3: S3Client
    bucket: str
    prefix: str
    sleep: Callable[[float], None] = time.sleep

    def names(self) -> list[str]:
        """The names of all documents, sorted."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix
        )
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return sorted(
            key.removeprefix(self.prefix).removesuffix(".json")
            for key in keys
            if key.endswith(".json")
        )

    def read(self, name: str) -> Document | None:
        """A document, None where there is none.

        Raises:
            LakeError: the object is no JSON object.
        """
        return self._get(name)[0]

    def change(self, name: str, decide: Decide[R]) -> R:
        """Let a function decide on a document; write what it returns, and return its answer.

        `decide` gets the document, None where there is none, and gives the next one, None to leave
        it as it is, with an answer. It is asked again when another worker was quicker, so it must
        do nothing but decide.

        Raises:
            LakeError: others were quicker again and again, or the object is no JSON object.
        """
        written: dict[str, R] = {}
        for attempt in range(_ATTEMPTS):
            before, version, mark = self._get(name)
            if mark in written:
                return written[mark]
            after, answer = decide(before)
            if after is None or after == before:
                return answer
            mark = uuid.uuid4().hex
            if self._put_after(name, {**after, _MARK: mark}, version):
                return answer
            written[mark] = answer
            longest = min(_LONGEST_WAIT_SECONDS, 0.01 * 2**attempt)
            self.sleep(random.uniform(0, longest))  # noqa: S311
        raise LakeError(
            f"s3://{self.bucket}/{self._key(name)} was changed by others {_ATTEMPTS} times while "
            "this was being decided: see who writes it, and try again"
        )

    def write(self, name: str, document: Document) -> None:
        """Write a document whatever lies there: for a person who knows better than the workers."""
        self._put(name, {**document, _MARK: uuid.uuid4().hex})

    def remove(self, name: str, is_meant: Callable[[Document], bool]) -> bool:
        """Delete a document if it is the one that is meant; whether it was there to be deleted.

        Raises:
            LakeError: the object is no JSON object.
        """
        from botocore.exceptions import ClientError

        document, version, _ = self._get(name)
        if document is None or version is None or not is_meant(document):
            return False
        try:
            self.s3.delete_object(Bucket=self.bucket, Key=self._key(name), IfMatch=version)
        except ClientError as error:
            if error.response["Error"]["Code"] in OVERTAKEN:
                return False
            raise
        return True

    def age(self, name: str) -> timedelta | None:
        """How long ago a document was written, None where there is none.

        Both instants are S3's own, to the second, so the clocks of workers play no part.
        """
        from botocore.exceptions import ClientError

        try:
            answer = self.s3.head_object(Bucket=self.bucket, Key=self._key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(told) if told else datetime.now(UTC)
        return now - answer["LastModified"]

    def _key(self, name: str) -> str:
        return f"{self.prefix}{name}.json"

    def _get(self, name: str) -> tuple[Document | None, str | None, str]:
        """A document, its version, and the mark of the write that made it."""
        from botocore.exceptions import ClientError

        again = retrying(self._key(name), attempts=5, first_seconds=0.1, sleep=self.sleep)
        try:
            content, version = again(self._fetch, name)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None, None, ""
            raise
        try:
            document = json.loads(content)
            if not isinstance(document, dict):
                raise ValueError("it is no object")
        except ValueError as error:
            raise LakeError(
                f"s3://{self.bucket}/{self._key(name)} is not a state that was written here "
                f"({error}): restore an earlier version of it, or delete it"
            ) from error
        mark = str(document.pop(_MARK, ""))
        return document, version, mark

    def _fetch(self, name: str) -> tuple[bytes, str]:
        """The bytes of an object and its ETag; the client says when the bytes arrived altered."""
        answer = self.s3.get_object(Bucket=self.bucket, Key=self._key(name))
        return answer["Body"].read(), answer["ETag"]

    def _put_after(self, name: str, document: Document, version: str | None) -> bool:
        """Write a document after a version; False when that is not the newest any more."""
        from botocore.exceptions import ClientError

        try:
            self._put(name, document, succeeding(version))
        except ClientError as error:
            if error.response["Error"]["Code"] in OVERTAKEN:
                return False
            raise
        return True

    def _put(
        self, name: str, document: Document, condition: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        content = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
        self.s3.put_object(
            Bucket=self.bucket,
            Key=self._key(name),
            Body=content.encode("utf-8"),
            ContentType="application/json",
            **condition,
        )


def succeeding(version: str | None) -> dict[str, Any]:
    """The condition of a write that comes after a version (an ETag), None being no object."""
    return {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
