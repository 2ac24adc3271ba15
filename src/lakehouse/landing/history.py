"""What was landed: the manifests in the raw bucket, and the rows that were refused."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.errors import ManifestError
from lakehouse.landing.model import Manifest
from lakehouse.landing.publish import (
    MANIFEST,
    REJECTED,
    SUCCESS,
    find_count_problems,
    find_mismatches,
)
from lakehouse.landing.store import Bucket


def list_runs(lake: Lake, contracts: Iterable[Contract]) -> list[Manifest]:
    """Manifests of published and held batches, by business date, then feed."""
    raw = Bucket(lake.s3, lake.bucket("raw"))
    found = []
    for contract in contracts:
        for key in raw.list(feed_prefix(contract)):
            if key.endswith(f"/{MANIFEST}"):
                content = raw.get(key)
                if content is not None:
                    found.append(Manifest.from_json(content, raw.uri(key)))
    return sorted(found, key=lambda manifest: (manifest.business_date, manifest.feed))


def published_days(lake: Lake, contract: Contract) -> list[date]:
    """The business dates of which a feed has a published batch, in order."""
    raw = Bucket(lake.s3, lake.bucket("raw"))
    prefix = f"{feed_prefix(contract)}ingest_date="
    return sorted(
        date.fromisoformat(key.removeprefix(prefix).removesuffix(f"/{SUCCESS}"))
        for key in raw.list(prefix)
        if key.endswith(f"/{SUCCESS}")
    )


def read_published(lake: Lake, contract: Contract, business_date: date) -> Manifest:
    """The manifest of a published batch.

    Raises:
        ManifestError: it is not there, or is none.
    """
    raw = Bucket(lake.s3, lake.bucket("raw"))
    day = business_date.isoformat()
    key = f"{feed_prefix(contract)}ingest_date={day}/{MANIFEST}"
    content = raw.get(key)
    if content is None:
        raise ManifestError(
            f"{contract.feed}-{day}", f"{raw.uri(key)} is missing beside its {SUCCESS}"
        )
    return Manifest.from_json(content, raw.uri(key))


def find_previous(lake: Lake, contract: Contract, business_date: date) -> Manifest | None:
    """The last published run of a feed before a business date."""
    earlier = [day for day in published_days(lake, contract) if day < business_date]
    return read_published(lake, contract, earlier[-1]) if earlier else None


def read_rejects(
    lake: Lake, contract: Contract, business_date: date | None
) -> list[dict[str, Any]]:
    """Refused rows of a feed, of one business date or of all, in the order of date and row."""
    raw = Bucket(lake.s3, lake.bucket("raw"))
    prefix = feed_prefix(contract)
    rows: list[dict[str, Any]] = []
    for key in raw.list(prefix):
        day = key.removeprefix(f"{prefix}ingest_date=").partition("/")[0]
        if not key.endswith(f"/{REJECTED}") or business_date not in (None, date.fromisoformat(day)):
            continue
        content = raw.get(key)
        if content is not None:
            table = pq.read_table(io.BytesIO(content))
            rows += [{"ingest_date": day, **row} for row in table.to_pylist()]
    return rows


def verify_manifest(lake: Lake, location: str) -> Manifest:
    """Check a manifest (`s3://…` or a local file): its sums, its files, its `_SUCCESS`.

    Raises:
        ManifestError: with everything that differs, one sentence each.
    """
    if location.startswith("s3://"):
        name, _, key = location.removeprefix("s3://").partition("/")
        bucket = Bucket(lake.s3, name)
        content = bucket.get(key)
        if content is None:
            raise ManifestError(location, "there is no such object")
    else:
        try:
            content = Path(location).read_bytes()
        except OSError as error:
            raise ManifestError(location, f"cannot be read: {error.strerror}") from error
    manifest = Manifest.from_json(content, location)
    problems = find_count_problems(manifest) + find_mismatches(manifest, lake.s3)
    if problems:
        raise ManifestError(manifest.run_id, "; ".join(problems))
    return manifest
