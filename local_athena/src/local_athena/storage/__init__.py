"""Durable state: S3 objects as files, and one SQLite database for everything else.

The engine sees `ObjectStore` and `rows`; the S3 API (`moto_s3`) works on the same files.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = ["ObjectFile", "ObjectStore"]


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """An object: its uri, its file, size in bytes and modification time in nanoseconds."""

    uri: str
    path: Path
    size: int
    modified_ns: int


class ObjectStore(Protocol):
    """S3 objects as plain files. A uri is `s3://bucket/key` (s3a:// and s3n:// are the same).

    A file that is written below `path(...)` by other means is an object at once; but only
    `new_file` is safe in a crash.
    """

    def path(self, uri: str) -> Path:
        """The file of an object, whether it exists or not; its folder may not exist.

        For a prefix that ends in `/`, the folder.

        Raises:
            InvalidUriError: the text is not an s3 uri.
        """

    def uri(self, path: Path) -> str:
        """The uri of a file below the store: the opposite of `path`.

        Raises:
            InvalidUriError: the file lies elsewhere.
        """

    def list(self, prefix: str) -> Iterator[ObjectFile]:
        """Objects whose uri starts with `prefix`, by key (bytes order); none if no bucket."""

    def exists(self, uri: str) -> bool:
        """Whether an object lies at this uri."""

    def may_hold(self, prefix: str) -> bool:
        """False when certainly no object's uri starts with `prefix`; costs one look at the disk."""

    def looking(self) -> Callable[[str], bool]:
        """`may_hold` for many prefixes at one moment: each folder above them is looked at once."""

    def size(self, uri: str) -> int:
        """Size in bytes.

        Raises:
            NoSuchObjectError: nothing lies there.
        """

    def new_file(self, uri: str, *, durable: bool = True) -> AbstractContextManager[Path]:
        """A temporary path to write; on leaving it is published whole, in one step, and synced (a
        statement's when it settles).

        When the block raises, nothing is published. The bucket must exist. What need not outlive
        a power cut, such as the answer of a query, is not `durable` and does not wait for the disk.

        Raises:
            NoSuchBucketError: the bucket does not exist.
        """

    def publish(self, path: Path, uri: str) -> None:
        """Move a finished file of `temporary_folder` to its uri in one step, synced as `new_file`.

        Raises:
            NoSuchBucketError: the bucket does not exist.
        """

    def temporary_folder(self) -> AbstractContextManager[Path]:
        """A folder on the same file system, removed on leaving with what is left in it."""

    def statement(
        self, owner: str, before_keep: Callable[[], object] = ...
    ) -> "AbstractContextManager[ObjectStore]":
        """The store for one statement; what it published durably and did not `keep` is removed when
        the block raises, or at the next start when the process dies in it. `before_keep` may refuse
        to commit by raising."""

    def settle(self) -> None:
        """Wait until all that the statement published is on disk: call it before the transaction
        of `keep`, which else has to wait for it."""

    def keep(self) -> None:
        """All that the statement published belongs to a table now: call it in the transaction of
        the catalog that makes it so."""

    def doom(self, uris: Iterable[str]) -> None:
        """Objects belong to no table any more: call it in the transaction that makes it so, then
        delete them. A crash in between deletes them at the next start."""

    def delete(self, uri: str) -> bool:
        """Remove one object; False when there was none."""

    def delete_prefix(self, prefix: str) -> int:
        """Remove every object whose uri starts with `prefix`; returns how many."""

    def ensure_bucket(self, bucket: str) -> None:
        """Create the bucket if it is not there."""

    def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket exists."""
