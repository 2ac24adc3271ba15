"""Listings, written as XML: moto's serializer takes ms for each key, and its list of uploads has no
pages.

Source of the shapes: Amazon S3 API reference, ListObjectsV2 and ListMultipartUploads (read November
2026).
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
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_HEAD = f"{_XML}<ListBucketResult {_SPACE}>"
_PAGE = 1000


def list_objects_v2(response: Any) -> tuple[int, dict[str, str], str]:
    """(status, headers, body): replaces the method of moto's S3Response, which is `response`."""
    bucket = response.backend.get_bucket(response.bucket_name)
    query = {name: values[0] for name, values in response.querystring.items()}
    prefix, delimiter = query.get("prefix") or "", query.get("delimiter")
    size = min(int(query.get("max-keys") or _PAGE), _PAGE)
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


def list_multipart_uploads(response: Any) -> tuple[int, dict[str, str], str]:
    """(status, headers, body): the uploads in progress by key and id; replaces moto's method."""
    bucket = response.backend.get_bucket(response.bucket_name)
    query = {name: values[0] for name, values in response.querystring.items()}
    prefix, delimiter = query.get("prefix") or "", query.get("delimiter") or ""
    size = min(int(query.get("max-uploads") or _PAGE), _PAGE)
    marker = (query.get("key-marker") or "", query.get("upload-id-marker") or "")
    as_url = query.get("encoding-type") == "url"

    def text(key: str) -> str:
        return escape(quote(key) if as_url else key)

    found: dict[tuple[str, str], str] = {}
    truncated = False
    uploads = {(each.key_name, each.id): each for each in bucket.multiparts.values()}
    for key, upload_id in sorted(uploads, key=lambda each: (each[0].encode(), each[1])):
        common = _common_prefix(key, prefix, delimiter)
        place = (key, upload_id) if common is None else (common, "")
        behind = place > marker if marker[1] else place[0] > marker[0]
        if not key.startswith(prefix) or not behind or place in found:
            continue
        if len(found) == size:
            truncated = True
            break
        found[place] = (
            f"<CommonPrefixes><Prefix>{text(common)}</Prefix></CommonPrefixes>"
            if common is not None
            else f"<Upload><Key>{text(key)}</Key>{_upload(uploads[key, upload_id])}</Upload>"
        )
    last = next(reversed(found), ("", ""))
    facts: list[tuple[str, str | None]] = [
        ("Bucket", escape(bucket.name)),
        ("KeyMarker", text(marker[0])),
        ("UploadIdMarker", escape(marker[1])),
        ("NextKeyMarker", text(last[0]) if truncated else None),
        ("NextUploadIdMarker", escape(last[1]) if truncated else None),
        ("Prefix", text(prefix)),
        ("Delimiter", text(delimiter) if delimiter else None),
        ("EncodingType", "url" if as_url else None),
        ("MaxUploads", str(size)),
        ("IsTruncated", "true" if truncated else "false"),
    ]
    parts = [_XML, f"<ListMultipartUploadsResult {_SPACE}>"]
    parts += [f"<{name}>{value}</{name}>" for name, value in facts if value is not None]
    body = "".join([*parts, *found.values(), "</ListMultipartUploadsResult>"])
    return 200, {"content-type": "application/xml"}, body


def _common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """What a key is rolled up under, None when it stands for itself."""
    if not delimiter or not key.startswith(prefix):
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def _upload(upload: Any) -> str:
    """Id, people, class, time and checksum of an upload in progress."""
    begun = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(upload.begun))
    people = f"<ID>{OWNER}</ID><DisplayName>webfile</DisplayName>"
    text = f"<UploadId>{escape(upload.id)}</UploadId><Initiator>{people}</Initiator>"
    text += f"<Owner>{people}</Owner><StorageClass>{upload.storage or 'STANDARD'}</StorageClass>"
    text += f"<Initiated>{begun}.000Z</Initiated>"
    for name in ("algorithm", "type"):
        value = upload.metadata.get(f"x-amz-checksum-{name}")
        if value:
            text += f"<Checksum{name.capitalize()}>{escape(value)}</Checksum{name.capitalize()}>"
    return text


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
