"""What S3 refuses of a request before it looks at a bucket, and moto lets through.

Source: Amazon S3 API reference, "Error responses" and ListObjectsV2 (read November 2026).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from moto.s3.exceptions import (
    InvalidArgumentError,
    MissingKey,
    NoSuchUpload,
    PreconditionFailed,
    S3ClientError,
)

MAX_KEY_BYTES = 1024
MAX_PARTS = 10_000
_COUNTS = ("max-keys", "max-uploads", "max-parts")
_INT_MAX = 2**31 - 1
_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def refuse_path(target: str) -> None:
    """Raises S3ClientError: the path of a request's target, as it was sent, is not UTF-8."""
    try:
        unquote_to_bytes(target.partition("?")[0]).decode()
    except UnicodeError:
        message = "Couldn't parse the specified URI."
        raise S3ClientError("InvalidURI", message) from None


def refuse_key(key: str) -> None:
    """Raises S3ClientError: the key is too long."""
    if len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        raise S3ClientError("KeyTooLongError", "Your key is too long")


def refuse_counts(query: Mapping[str, Sequence[Any]]) -> None:
    """Raises InvalidArgumentError: a page size is no number from 0 to 2^31 - 1."""
    for name in _COUNTS:
        for value in query.get(name, ())[:1]:
            text = str(value)
            if text and not _NUMBER.fullmatch(text):
                message = f"Provided {name} not an integer or within integer range"
                raise InvalidArgumentError(message, name, text)
            if text and not 0 <= int(text) <= _INT_MAX:
                message = f"Argument {name} must be an integer between 0 and {_INT_MAX}"
                raise InvalidArgumentError(message, name, text)


def refuse_successor(wanted: str | None, found: Any) -> None:
    """What If-Match says of the object that an upload is to replace, None where there is none.

    Raises:
        MissingKey: there is no object.
        PreconditionFailed: it is another version.
    """
    if wanted is None:
        return
    if found is None:
        raise MissingKey
    if found.etag.strip('"') != wanted.strip('"'):
        raise PreconditionFailed("If-Match")


def refuse_part(query: Mapping[str, Sequence[Any]], key: str, uploads: Mapping[str, Any]) -> None:
    """What a request says of a part and of the upload (of `uploads`, by id) that it belongs to.

    Raises:
        InvalidArgumentError: the number of a part is none from 1 to 10,000.
        NoSuchUpload: the upload is that of another key.
    """
    for number in query.get("partNumber", ())[:1]:
        text = str(number)
        if not (_NUMBER.fullmatch(text) and 1 <= int(text) <= MAX_PARTS):
            message = f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive"
            raise InvalidArgumentError(message, "partNumber", text)
    for upload_id in query.get("uploadId", ())[:1]:
        upload = uploads.get(str(upload_id))
        if upload is not None and upload.key_name != key:
            raise NoSuchUpload(upload_id=upload_id)
