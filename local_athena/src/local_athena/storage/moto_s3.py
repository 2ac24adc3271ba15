"""moto's S3 backend over files: buckets, tags, listing, copies and multipart uploads."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moto.s3.exceptions import (
    BucketAlreadyExists,
    BucketNotEmpty,
    InvalidBucketName,
    InvalidContinuationToken,
    MissingBucket,
    NoSuchUpload,
)
from moto.s3.models import FakeBucket, S3Backend, S3BackendDict
from moto.utilities.tagging_service import TaggingService

from local_athena.storage.files import BUCKET_NAME
from local_athena.storage.moto_key import DiskKey
from local_athena.storage.moto_keys import DiskKeyStore
from local_athena.storage.moto_uploads import DiskUploads
from local_athena.storage.moto_world import World, current, pack, publish_changes, unpack
from local_athena.storage.walk import Found, walk

_BUCKET_VOLATILE = ("keys", "multiparts")


class DiskBuckets(dict[str, Any]):
    """Buckets by name: a folder is a bucket, its configuration is a row of SQLite."""

    def __init__(self, world: World, account_id: str, region: str) -> None:
        super().__init__()
        self._world = world
        self._account_id = account_id
        self._region = region
        self._saved: dict[str, bytes] = {}

    def __contains__(self, name: object) -> bool:
        return self._find(str(name)) is not None

    def __getitem__(self, name: str) -> Any:
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __setitem__(self, name: str, bucket: Any) -> None:
        bucket.keys = DiskKeyStore(self._world, bucket)
        bucket.multiparts = DiskUploads(self._world, name)
        self._world.store.ensure_bucket(name)
        super().__setitem__(name, bucket)
        self.save(name)

    def __iter__(self) -> Iterator[str]:
        self._load_all()
        return super().__iter__()

    def __len__(self) -> int:
        self._load_all()
        return super().__len__()

    def get(self, name: str, default: Any = None) -> Any:
        """A bucket, or the default."""
        found = self._find(name)
        return default if found is None else found

    def keys(self) -> Any:
        """Names of all buckets."""
        self._load_all()
        return super().keys()

    def values(self) -> Any:
        """All buckets."""
        self._load_all()
        return super().values()

    def items(self) -> Any:
        """Names and buckets."""
        self._load_all()
        return super().items()

    def pop(self, name: str, *default: Any) -> Any:
        """Remove an empty bucket."""
        bucket = self[name]
        if not self._world.store.remove_bucket(name):
            raise BucketNotEmpty(bucket=name)  # something was put there at this moment
        super().pop(name, None)
        bucket.multiparts.clear()
        self._saved.pop(name, None)
        self._world.bucket_accounts.pop(name, None)
        for table, column in (("buckets", "name"), ("objects", "bucket"), ("versions", "bucket")):
            self._world.state.run(f"DELETE FROM s3_{table} WHERE {column} = ?", (name,))
        self._world.tagger.delete_all_tags_for_resource(bucket.arn)
        return bucket

    def save(self, name: str) -> None:
        """Store a bucket's configuration if it changed."""
        bucket = super().get(name)
        if bucket is None:
            return
        blob = pack(
            {key: value for key, value in vars(bucket).items() if key not in _BUCKET_VOLATILE}
        )
        if self._saved.get(name) != blob:
            self._world.state.run("INSERT OR REPLACE INTO s3_buckets VALUES (?, ?)", (name, blob))
            self._saved[name] = blob

    def _find(self, name: str) -> Any:
        found = super().get(name)
        exists = self._world.store.bucket_exists(name)
        if found is not None and not exists:
            super().pop(name, None)
            self._world.bucket_accounts.pop(name, None)
            return None
        if found is None and exists:
            with self._world.lock:
                found = super().get(name) or self._load(name)
        return found

    def _load(self, name: str) -> Any:
        bucket = FakeBucket(name, account_id=self._account_id, region_name=self._region)
        row = self._world.state.row("SELECT state FROM s3_buckets WHERE name = ?", (name,))
        if row is not None:
            vars(bucket).update(unpack(row[0]))
            self._saved[name] = row[0]
        bucket.keys = DiskKeyStore(self._world, bucket)
        bucket.multiparts = DiskUploads(self._world, name)
        super().__setitem__(name, bucket)
        bucket.multiparts.forget_completed(bucket.keys)
        return bucket

    def _load_all(self) -> None:
        for name in self._world.store.buckets():
            self._find(name)


class DiskTagging(TaggingService):  # type: ignore[misc]  # moto's types are not read
    """Tags of buckets and objects, written through to SQLite."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        rows = world.state.rows("SELECT arn, tags FROM s3_tags")
        self.tags = {arn: json.loads(tags) for arn, tags in rows}

    def tag_resource(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """Add tags."""
        if tags or self.has_tags(arn):
            super().tag_resource(arn, tags)
            self._save(arn)

    def delete_all_tags_for_resource(self, arn: str) -> None:
        """Remove all tags."""
        if self.has_tags(arn):
            super().delete_all_tags_for_resource(arn)
            self._save(arn)

    def untag_resource_using_names(self, arn: str, tag_names: list[str]) -> None:
        """Remove tags by name."""
        super().untag_resource_using_names(arn, tag_names)
        self._save(arn)

    def untag_resource_using_tags(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Remove tags by name and value."""
        super().untag_resource_using_tags(arn, tags)
        self._save(arn)

    def _save(self, arn: str) -> None:
        tags = self.tags.get(arn)
        if tags:
            values = (arn, json.dumps(tags))
            self._world.state.run("INSERT OR REPLACE INTO s3_tags VALUES (?, ?)", values)
        else:
            self._world.state.run("DELETE FROM s3_tags WHERE arn = ?", (arn,))


class DiskBackend(S3Backend):  # type: ignore[misc]  # moto's types are not read
    """moto's backend; buckets and tags are those of the current request's world."""

    @property
    def buckets(self) -> Any:
        """Buckets of the world, whatever the account."""
        return current().buckets

    @buckets.setter
    def buckets(self, value: Any) -> None:
        """moto sets an empty dictionary at the start."""

    @property
    def tagger(self) -> Any:
        """Tags of the world."""
        return current().tagger

    @tagger.setter
    def tagger(self, value: Any) -> None:
        """moto sets an empty service at the start."""

    def get_bucket(self, bucket_name: str) -> Any:
        """A bucket; moto would look for one that is not there in other accounts, without end."""
        found = self.buckets.get(bucket_name)
        if found is None:
            raise MissingBucket(bucket=bucket_name)
        return found

    def create_bucket(self, bucket_name: str, *args: Any, **kwargs: Any) -> Any:
        """Make a bucket, unless its folder is there."""
        if not BUCKET_NAME.fullmatch(bucket_name):
            raise InvalidBucketName
        if bucket_name in self.buckets:
            raise BucketAlreadyExists(bucket=bucket_name)
        return super().create_bucket(bucket_name, *args, **kwargs)

    def get_object(
        self,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        part_number: str | None = None,
        return_delete_marker: bool = False,
    ) -> Any:
        """A key, or one part of it."""
        key = super().get_object(
            bucket_name, key_name, version_id, return_delete_marker=return_delete_marker
        )
        if part_number and isinstance(key, DiskKey):
            return key.part(int(part_number))
        return key

    def copy_object(self, src_key: Any, *args: Any, **kwargs: Any) -> None:
        """Copy without reading the source into memory."""
        source = copy.copy(src_key)
        source.lazy = True
        super().copy_object(source, *args, **kwargs)

    def upload_part_copy(
        self,
        dest_bucket_name: str,
        multipart_id: str,
        part_id: int,
        src_bucket_name: str,
        src_key_name: str,
        src_version_id: str | None,
        start_byte: int | None,
        end_byte: int | None,
    ) -> Any:
        """Make a part of a range of another object."""
        multipart = self._multipart(dest_bucket_name, multipart_id)
        source: Any = self.get_object(src_bucket_name, src_key_name, version_id=src_version_id)
        source.lazy = True
        content = source.value
        if start_byte is not None and end_byte is not None:
            content = content[start_byte : end_byte + 1]
        return multipart.set_part(part_id, content)

    def upload_part(self, bucket_name: str, multipart_id: str, part_id: int, value: Any) -> Any:
        """Keep a part."""
        return self._multipart(bucket_name, multipart_id).set_part(part_id, value)

    def complete_multipart_upload(self, bucket_name: str, multipart_id: str, body: Any) -> Any:
        """Put the parts together; the parts' files go when the whole is stored."""
        multipart = self._multipart(bucket_name, multipart_id)
        try:
            key = super().complete_multipart_upload(bucket_name, multipart_id, body)
            key.multipart = multipart.completed
            publish_changes()
        except BaseException:
            self.get_bucket(bucket_name).multiparts.restore(multipart)
            raise
        multipart.forget()
        return key

    def list_objects(
        self,
        bucket: Any,
        prefix: str | None,
        delimiter: str | None,
        marker: str | None,
        max_keys: int | None,
    ) -> Any:
        """(keys, common prefixes, truncated, next marker) in key order."""
        found, truncated = take(bucket, prefix, delimiter, marker or "", max_keys)
        keys = [
            bucket.keys.load(one.key, Path(one.path), one.stat)
            for one in found
            if one.stat is not None
        ]
        folders = [one.key for one in found if one.stat is None]
        return keys, folders, truncated, found[-1].key if truncated else None

    def _multipart(self, bucket_name: str, multipart_id: str) -> Any:
        found = self.get_bucket(bucket_name).multiparts.get(multipart_id)
        if found is None:
            raise NoSuchUpload(upload_id=multipart_id)
        return found


class DiskBackendDict(S3BackendDict):  # type: ignore[misc]  # moto's types are not read
    """moto's map from bucket to account, of the current request's world."""

    @property
    def bucket_accounts(self) -> Any:
        """Bucket name to (partition, account id)."""
        return current().bucket_accounts

    @bucket_accounts.setter
    def bucket_accounts(self, value: Any) -> None:
        """moto sets an empty dictionary at the start."""


def take(
    bucket: Any, prefix: str | None, delimiter: str | None, after: str, max_keys: int | None
) -> tuple[list[Found], bool]:
    """(at most `max_keys` keys and common prefixes behind `after`, whether there are more)."""
    found: list[Found] = []
    if max_keys == 0:
        return found, False
    for one in _entries(bucket, prefix or "", delimiter, after):
        if max_keys is not None and len(found) == max_keys:
            return found, True
        found.append(one)
    return found, False


def _entries(bucket: Any, prefix: str, delimiter: str | None, after: str) -> Iterator[Found]:
    root = current().store.root / bucket.name
    if not delimiter or delimiter == "/":
        yield from walk(root, prefix, after, by_folder=delimiter == "/")
        return
    seen = after
    for found in walk(root, prefix, after):
        rest = found.key[len(prefix) :]
        if delimiter in rest:
            common = prefix + rest.partition(delimiter)[0] + delimiter
            if common != seen and common > after:
                seen = common
                yield Found(common, found.path, None)
        else:
            yield found


def write_token(key: str) -> str:
    """The continuation token behind a key."""
    return key.encode().hex()


def read_token(token: str) -> str:
    """The key in a continuation token.

    Raises:
        InvalidContinuationToken: it is none of ours.
    """
    try:
        return bytes.fromhex(token).decode()
    except ValueError:
        raise InvalidContinuationToken from None
