"""Pages: opaque tokens for lists, and the pages of GetQueryResults from the rows file."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from local_athena.errors import ApiError, InvalidRequestError
from local_athena.protocol.rendering import Rendered, render
from local_athena.storage.rows import read_lines

Json = dict[str, Any]
Item = TypeVar("Item")

Refusal = Callable[[str], ApiError]
"""What is said of a token that is none of ours."""

MAX_ROWS = 1000
_VALUE = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|null')


def malformed(token: str) -> ApiError:
    """What Athena's lists say."""
    return InvalidRequestError(f"The nextPageToken is malformed: {token}")


def encode_token(scope: str, position: int) -> str:
    """A token for `position` that only the same list (`scope`) takes back."""
    digest = hashlib.sha256(f"{position} {scope}".encode()).digest()[:24]
    return base64.b64encode(position.to_bytes(8) + digest).decode()


def decode_token(token: str | None, scope: str, refuse: Refusal = malformed) -> int:
    """The position in a token; 0 without one.

    Raises:
        ApiError: as `refuse` says, for a token of another list, or one that was changed.
    """
    if token is None:
        return 0
    try:
        position = int.from_bytes(base64.b64decode(token.encode(), validate=True)[:8])
    except (binascii.Error, ValueError):
        raise refuse(token) from None
    if encode_token(scope, position) != token:
        raise refuse(token)
    return position


def page(
    items: Sequence[Item],
    request: Json,
    scope: str,
    default: int = 50,
    refuse: Refusal = malformed,
) -> tuple[list[Item], Json]:
    """(items of the page, {"NextToken": …} or {}) by MaxResults and NextToken."""
    start = decode_token(request.get("NextToken"), scope, refuse)
    size = request.get("MaxResults") or default
    end = start + size
    more = {"NextToken": encode_token(scope, end)} if end < len(items) else {}
    return list(items[start:end]), more


def result_rows(
    results: Path,
    rows_of: str,
    header: Sequence[str] | None,
    row_count: int,
    start: int,
    size: int,
) -> tuple[Rendered, int | None]:
    """(rows in GetQueryResults' form, position of the next page or None).

    Position 0 is the header row when there is a header. The lines of the rows file become the
    answer's text without being read: that took more time than all else in a page.
    """
    shift = 0 if header is None else 1
    total = row_count + shift
    end = min(start + size, total)
    lines: list[bytes] = []
    if header is not None and start == 0 and end > 0:
        lines.append(render(header) + b"\n")
    wanted = end - start - len(lines)
    if wanted > 0:
        lines += read_lines(results, rows_of, max(start - shift, 0), wanted)
    data = _VALUE.sub(_datum, b"".join(lines)).splitlines()
    rows = b",".join(b'{"Data":' + row + b"}" for row in data)
    return Rendered(b"[" + rows + b"]"), (end if end < total else None)


def _datum(value: re.Match[bytes]) -> bytes:
    return b"{}" if value[0] == b"null" else b'{"VarCharValue":' + value[0] + b"}"
