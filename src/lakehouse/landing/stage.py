"""The stage: deliveries as received, from which alone raw can be rebuilt.

A delivery is complete when its `_stage.json` lies beside its files; that is written last. A run
that is repeated takes a complete delivery as it is instead of asking the source again, so what
it lands cannot depend on how often it was tried.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO, TYPE_CHECKING, Any, Protocol

from lakehouse.contracts import Contract
from lakehouse.contracts.tables import feed_prefix
from lakehouse.errors import FeedClaimedError, LandingError, ManifestError
from lakehouse.landing.claim import Fence
from lakehouse.landing.model import FileFacts
from lakehouse.landing.store import Bucket, OvertakenError
from lakehouse.landing.streams import Received, Summed
from lakehouse.shared_state import succeeding

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MARKER = "_stage.json"
_FRESH_BYTES = 96 * 1024 * 1024
"""What was stored a moment ago is held up to so many bytes for whoever reads it next."""

File = tuple[str, str]
"""Name and SHA-256 of a file of a delivery."""


class Follower(Protocol):
    """Who is told of the files of a delivery while they come, in the order in which they count."""

    def stored(self, file: File) -> None:
        """A file is there."""

    def cleared(self) -> None:
        """Nothing is there any more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A complete delivery. `sha256` has one entry a file, in the order they are read.

    `reader` says how to read the files: a format of a contract, or `olist`. `ignored` are columns
    of the source that no contract mentions and no file has.
    """

    reader: str
    sha256: Mapping[str, str]
    watermark: Mapping[str, str | None]
    ignored: tuple[str, ...] = ()


class Stage:
    """The folder of one run in the stage bucket.

    What lies there is listed once; after that the object knows what it stored and removed. Who
    lands holds a `claim`, and stores and removes nothing after it was lost.
    """

    def __init__(
        self,
        bucket: Bucket,
        contract: Contract,
        business_date: date,
        run_id: str,
        claim: Fence | None = None,
    ) -> None:
        self._bucket = bucket
        self._run_id = run_id
        self._claim = claim
        self._known: dict[str, str | None] | None = None
        self._follower: Follower | None = None
        self._fresh: dict[str, Received] = {}
        self.prefix = (
            f"{feed_prefix(contract)}ingest_date={business_date.isoformat()}/run_id={run_id}/"
        )

    @property
    def s3(self) -> S3Client:
        """The client that reaches it."""
        return self._bucket.s3

    def key(self, name: str) -> str:
        """The object of a file in the stage bucket."""
        return self.prefix + name

    def _plain_key(self, name: str) -> str:
        """The object of a file, whose name may lead nowhere but to this folder."""
        if not name or name in (".", "..") or "/" in name or "\\" in name:
            raise LandingError(self._run_id, f"{name!r} is no name of a file in the stage")
        return self.key(name)

    def _files(self) -> dict[str, str | None]:
        """SHA-256 by name of what lies there, the mark too; None for what others stored."""
        if self._known is None:
            keys = self._bucket.list(self.prefix)
            self._known = {key.removeprefix(self.prefix): None for key in keys}
        return self._known

    def names(self) -> list[str]:
        """The files that are there, complete delivery or not, in order."""
        return sorted(name for name in self._files() if name != MARKER)

    def clear(self) -> None:
        """Remove everything, the mark of completeness first."""
        self._check()
        files = self._files()
        for name in sorted(files, key=lambda name: name != MARKER):
            self._bucket.delete(self.key(name))
            del files[name]
        self._fresh.clear()
        if self._follower is not None:
            self._follower.cleared()

    def follow(self, follower: Follower) -> None:
        """Tell somebody of the files that are stored from now on, who then opens each of them."""
        self._follower = follower

    def reopen(self) -> None:
        """Take the mark of completeness back: the next run asks the source once more."""
        self._check()
        self._bucket.delete(self.key(MARKER))
        self._files().pop(MARKER, None)

    def put(self, name: str, content: bytes, *, is_next: bool = True) -> None:
        """Store a file as received. One that is not the next in order is told by `tell` later."""
        self._check()
        files = self._files()
        digest = self._bucket.put(self._plain_key(name), content)
        files[name] = digest
        if self._follower is not None:
            held = sum(fresh.size for fresh in tuple(self._fresh.values()))
            if held + len(content) <= _FRESH_BYTES:
                self._fresh[name] = Received(content, digest)
        if is_next:
            self.tell(name)

    def put_file(self, name: str, file: IO[bytes]) -> int:
        """Store what a file holds, however long it is; return its size in bytes."""
        self._check()
        files, key = self._files(), self._plain_key(name)
        try:
            size, files[name] = self._bucket.put_file(key, file)
        except OvertakenError as error:
            raise self._overtaken(key) from error
        self.tell(name)
        return size

    def tell(self, *names: str) -> None:
        """Tell the follower that these files, which were stored, are the next in order."""
        for name in names:
            digest = self._files()[name]
            if self._follower is not None and digest is not None:
                self._follower.stored((name, digest))

    def _overtaken(self, key: str) -> FeedClaimedError:
        return FeedClaimedError(
            self._run_id,
            f"another loader wrote {self._bucket.uri(key)} meanwhile: this one gives up",
        )

    def _check(self) -> None:
        if self._claim is not None:
            self._claim.check()

    def checksums(self) -> dict[str, str]:
        """SHA-256 of every file that is there, in the order of names.

        Files that an earlier, killed run stored are read for it.
        """
        files = self._files()
        return {name: files[name] or self._read_checksum(name) for name in self.names()}

    def _read_checksum(self, name: str) -> str:
        body = self._bucket.open(self.key(name))
        if body is None:
            return hashlib.sha256(b"").hexdigest()
        source = Summed(body)
        source.drain()
        return source.sha256

    def read_unchecked(self, name: str) -> bytes | None:
        """The bytes of a file of a delivery that may be incomplete."""
        return self._bucket.get(self.key(name))

    def complete(self, delivery: Delivery) -> None:
        """Declare the delivery complete.

        Raises:
            FeedClaimedError: another loader has taken the feed over.
        """
        if self._claim is not None:
            self._claim.confirm()
        document: dict[str, Any] = {
            "run_id": self._run_id,
            "reader": delivery.reader,
            "files": [{"name": name, "sha256": sha} for name, sha in delivery.sha256.items()],
            "watermark": dict(delivery.watermark),
        }
        if delivery.ignored:
            document["ignored_fields"] = list(delivery.ignored)
        content = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        key = self.key(MARKER)
        try:
            self._files()[MARKER] = self._bucket.put(key, content.encode("utf-8"), succeeding(None))
        except OvertakenError as error:
            raise self._overtaken(key) from error

    def find_complete(self) -> Delivery | None:
        """The delivery that is there, or None when there is no complete one.

        Raises:
            ManifestError: the mark of completeness cannot be read.
        """
        content = self._bucket.get(self.key(MARKER)) if MARKER in self._files() else None
        if content is None:
            return None
        try:
            document = json.loads(content)
            return Delivery(
                reader=document["reader"],
                sha256={item["name"]: item["sha256"] for item in document["files"]},
                watermark=document["watermark"],
                ignored=tuple(document.get("ignored_fields", ())),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ManifestError(
                self._run_id,
                f"{self._bucket.uri(self.key(MARKER))} cannot be read: {error}. Restore it, or "
                "land with --again to ask the source once more",
            ) from error

    def open(self, file: File) -> Received | Summed:
        """A file of a delivery, to be read once.

        Raises:
            ManifestError: the file is missing; or, when its end is reached, it is not what was
                received.
        """
        name, promised = file
        fresh = self._fresh.pop(name, None)
        if fresh is not None and fresh.sha256 == promised:
            return fresh
        body = self._bucket.open(self.key(name))
        uri = self._bucket.uri(self.key(name))
        if body is None:
            raise ManifestError(self._run_id, f"{uri} is promised by {MARKER} and missing")

        def check(found: str) -> None:
            if found != promised:
                raise ManifestError(
                    self._run_id,
                    f"{uri} has SHA-256 {found}, {MARKER} promises {promised}: the stage was "
                    "altered. Restore the object, or land with --again to ask the source once more",
                )

        return Summed(body, check)

    def describe(self, name: str, size: int, row_count: int, sha256: str) -> FileFacts:
        """The facts of a file for the manifest."""
        return FileFacts("stage", self._bucket.uri(self.key(name)), size, row_count, sha256)
