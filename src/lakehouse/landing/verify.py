"""What a manifest promises against what is there: sums, sizes, checksums, rows, confirmation."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq

from lakehouse.errors import ManifestError
from lakehouse.landing.model import FileFacts, Manifest
from lakehouse.landing.store import Bucket
from lakehouse.landing.streams import Summed

_BLOCK_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 16 * 1024 * 1024


def digest_of(content: bytes) -> str:
    """SHA-256 in lower hex, as `_SUCCESS` holds that of its manifest."""
    return hashlib.sha256(content).hexdigest()


def is_confirmed_by(manifest: bytes, success: bytes) -> bool:
    """Whether a `_SUCCESS` is of this manifest."""
    return success.decode("ascii", "replace").strip() == digest_of(manifest)


def require_counts(manifest: Manifest) -> None:
    """Raise ManifestError unless read = written + rejected, and the files and rules agree."""
    problems = find_count_problems(manifest)
    if problems:
        raise ManifestError(manifest.run_id, "not published: " + "; ".join(problems))


def find_count_problems(manifest: Manifest) -> list[str]:
    """One sentence for each sum in the manifest that does not come out."""
    read, written, rejected = (
        manifest.read_count,
        manifest.written_count,
        manifest.rejected_count,
    )
    of_rules = sum(manifest.rejected_by_rule.values())
    in_files: Mapping[str, int] = {
        role: sum(file.row_count for file in manifest.files if file.role == role)
        for role in ("data", "rejected")
    }
    problems = []
    if read != written + rejected:
        problems.append(f"read {read} is not written {written} + rejected {rejected}")
    if rejected != of_rules:
        problems.append(f"rejected {rejected} is not the sum over rules {of_rules}")
    if manifest.state == "published" and in_files["data"] != written:
        problems.append(f"written {written} is not the sum over data files {in_files['data']}")
    if in_files["rejected"] != rejected:
        problems.append(
            f"rejected {rejected} is not the sum over reject files {in_files['rejected']}"
        )
    return problems


def find_mismatches(
    manifest: Manifest, s3: Any, *, roles: tuple[str, ...] = ("stage", "data", "rejected")
) -> list[str]:
    """One sentence for each file that is missing or differs in size, checksum or rows."""
    problems = []
    for file in manifest.files:
        if file.role not in roles:
            continue
        bucket, _, key = file.uri.removeprefix("s3://").partition("/")
        body = Bucket(s3, bucket).open(key)
        problem = "is missing" if body is None else _find_difference(file, Summed(body))
        if problem:
            problems.append(f"{file.uri} {problem}")
    return problems


def _find_difference(file: FileFacts, source: Summed) -> str | None:
    """What is not as promised of a file, which is read to its end."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, prefix="lakehouse-landing-") as copy:
        if file.role == "stage":
            source.drain()
        else:  # a Parquet file tells its rows at its end
            shutil.copyfileobj(source, copy, _BLOCK_BYTES)
        if source.size != file.size_bytes:
            return f"has {source.size} bytes, the manifest says {file.size_bytes}"
        if source.sha256 != file.sha256:
            return f"has SHA-256 {source.sha256}, the manifest says {file.sha256}"
        if file.role != "stage":
            copy.seek(0)
            rows = pq.read_metadata(copy).num_rows
            if rows != file.row_count:
                return f"has {rows} rows, the manifest says {file.row_count}"
    return None
