"""ListObjectsV2, written as XML straight from the files: moto's serializer takes ms for each key.

Source of the shape: Amazon S3 API reference, ListObjectsV2 (read November 2026).
"""

import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from local_athena.storage.moto_key import foreign_etag
from local_athena.storage.moto_s3 import read_token, take, write_token
from local_athena.storage.moto_world import World, current, unpack

OWNER = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
)


def list_objects_v2(response: Any) -> tuple[int, dict[str, str], str]:
    """(status, headers, body): replaces the method of moto's S3Response, which is `response`."""
    bucket = response.backend.get_bucket(response.bucket_name)
    query = {name: values[0] for name, values in response.querystring.items()}
    prefix, delimiter = query.get("prefix") or "", query.get("delimiter")
    size = min(int(query.get("max-keys") or 1000), 1000)
    token = query.get("continuation-token")
    after = query.get("start-after") or ""
    found, truncated = take(
        bucket, prefix, delimiter, after if token is None else read_token(token), size
    )
    as_url = query.get("encoding-type") == "url"

    def text(key: str) -> str:
        return escape(quote(key) if as_url else key)

    facts: list[tuple[str, str | None]] = [
        ("Name", escape(bucket.name)),
        ("Prefix", text(prefix)),
        ("MaxKeys", str(size)),
        ("KeyCount", str(len(found))),
        ("IsTruncated", "true" if truncated else "false"),
        ("Delimiter", None if not delimiter else text(delimiter)),
        ("EncodingType", "url" if as_url else None),
        ("ContinuationToken", None if token is None else escape(token)),
        ("NextContinuationToken", write_token(found[-1].key) if truncated else None),
        ("StartAfter", text(after) if after and token is None else None),
    ]
    parts = [_HEAD, *(f"<{name}>{value}</{name}>" for name, value in facts if value is not None)]
    world = current()
    for one in found:
        if one.stat is None:
            parts.append(f"<CommonPrefixes><Prefix>{text(one.key)}</Prefix></CommonPrefixes>")
        else:
            parts.append(f"<Contents><Key>{text(one.key)}</Key>")
            parts.extend(_facts(world, bucket.name, one.key, one.stat))
            if query.get("fetch-owner") == "true":
                parts.append(f"<Owner><ID>{OWNER}</ID><DisplayName>webfile</DisplayName></Owner>")
            parts.append("</Contents>")
    parts.append("</ListBucketResult>")
    return 200, {"content-type": "application/xml"}, "".join(parts)


def _facts(world: World, bucket: str, key: str, stat: os.stat_result) -> Iterator[str]:
    """Time, ETag, size, class and checksum of one object."""
    row = world.state.row(
        "SELECT state FROM s3_objects WHERE bucket = ? AND key = ? AND size = ? AND mtime_ns = ?",
        (bucket, key, stat.st_size, stat.st_mtime_ns),
    )
    state = unpack(row[0]) if row else {}
    etag = state.get("_etag") or foreign_etag(stat)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(stat.st_mtime_ns // 10**9))
    yield f"<LastModified>{moment}.000Z</LastModified><ETag>&quot;{etag}&quot;</ETag>"
    yield f"<Size>{stat.st_size}</Size>"
    yield f"<StorageClass>{state.get('_storage_class') or 'STANDARD'}</StorageClass>"
    if state.get("checksum_algorithm"):
        yield f"<ChecksumAlgorithm>{state['checksum_algorithm']}</ChecksumAlgorithm>"
