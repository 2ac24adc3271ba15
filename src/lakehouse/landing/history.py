"""What was landed: the manifests in the raw bucket, and the rows that were refused."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.errors import LandingError, ManifestError
from lakehouse.landing.days import days_of, days_with, split_key
from lakehouse.landing.model import Manifest, run_id_of
from lakehouse.landing.publish import MANIFEST, REJECTED, RESTORE, SUCCESS, Publication
from lakehouse.landing.stage import Stage
from lakehouse.landing.store import Bucket
from lakehouse.landing.verify import find_count_problems, find_mismatches, is_confirmed_by
from lakehouse.landing.watermark import find_malformed

_GOES_ON = frozenset({"postgresql", "rest", "kafka"})
"""Kinds of sources that are read from where the run before ended."""


def published_days(lake: Lake, contract: Contract) -> list[date]:
    """The business dates of which a feed has a published batch, in order."""
    return days_with(contract, _keys_of(lake, contract), SUCCESS)


def _keys_of(lake: Lake, contract: Contract) -> list[str]:
    raw = Bucket(lake.s3, lake.bucket("raw"))
    return list(raw.list(f"{feed_prefix(contract)}ingest_date="))


def is_missing(lake: Lake, contract: Contract, business_date: date) -> bool:
    """Whether a feed was due on a business date and has no published batch of it."""
    days = published_days(lake, contract)
    if business_date in days:
        return False
    earlier = [day for day in days if day < business_date]
    return not earlier or contract.frequency.after(earlier[-1]) <= business_date


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
    """The last published run of a feed before a business date.

    Raises:
        LandingError: a run since then was begun, and its loader was killed before it published
            its rows: going on from an earlier one would bring them twice.
        ManifestError: the stage's mark of such a run cannot be read, or the last published
            manifest was altered since.
    """
    keys = _keys_of(lake, contract)
    days = [day for day in days_with(contract, keys, SUCCESS) if day < business_date]
    last = days[-1] if days else date.min
    begun = _begun_days(lake, contract, keys) if contract.source.kind in _GOES_ON else []
    for day in begun:
        if last < day < business_date and _is_unfinished(lake, contract, day, keys):
            raise LandingError(
                run_id_of(contract.feed, business_date),
                f"{run_id_of(contract.feed, day)} goes before it and is not finished: a loader was "
                f"killed. Finish it with `lakehouse land {contract.feed} --date {day.isoformat()}`,"
                " then land this day",
            )
    return _read_confirmed(lake, contract, days[-1]) if days else None


def _read_confirmed(lake: Lake, contract: Contract, business_date: date) -> Manifest:
    """The manifest of a published batch, from which the next one may go on.

    Raises:
        ManifestError: it is not there, is none, is another one than was published, or has a
            watermark that its source could not go on from.
    """
    run_id = run_id_of(contract.feed, business_date)
    publication = Publication(lake, contract, business_date, run_id)
    manifest, is_published = publication.find()
    where = publication.raw.uri(publication.prefix + MANIFEST)
    if manifest is None or not is_published:
        raise ManifestError(run_id, f"{where} is not confirmed any more: land this day again")
    malformed = find_malformed(contract.source.kind, manifest.watermark)
    if malformed:
        raise ManifestError(
            run_id,
            f"{where}: the watermark's {' and '.join(malformed)} cannot be gone on from. "
            f"{RESTORE.capitalize()}",
        )
    return manifest


def _begun_days(lake: Lake, contract: Contract, keys: list[str]) -> list[date]:
    """The business dates that stage or raw has something of, in order."""
    stage = Bucket(lake.s3, lake.bucket("stage"))
    staged = (f"{feed_prefix(contract)}{name}/" for name in stage.folders(feed_prefix(contract)))
    return sorted(days_of(contract, (*staged, *keys)))


def _is_unfinished(lake: Lake, contract: Contract, day: date, keys: list[str]) -> bool:
    """Whether a day without `_SUCCESS` has read its source, and may yet show the rows of it.

    A batch is held only when raw shows nothing of it.
    """
    run_id = run_id_of(contract.feed, day)
    folder = f"{feed_prefix(contract)}ingest_date={day.isoformat()}/"
    has_data = f"{folder}{run_id}.parquet" in keys
    if f"{folder}{MANIFEST}" in keys:
        manifest = read_published(lake, contract, day)
        return bool(manifest.watermark) and (manifest.state == "published" or has_data)
    stage = Stage(Bucket(lake.s3, lake.bucket("stage")), contract, day, run_id)
    delivery = stage.find_complete()
    return has_data if delivery is None else bool(delivery.watermark)


def require_not_overtaken(lake: Lake, contract: Contract, held: Manifest) -> None:
    """Refuse a held batch whose rows a later day has, as it went on from before it.

    Raises:
        LandingError: naming that day.
    """
    later = next((d for d in published_days(lake, contract) if d > held.business_date), None)
    if later is None or not held.watermark:
        return
    following = read_published(lake, contract, later)
    if following.watermark.get("from") == held.watermark.get("from"):
        raise LandingError(
            held.run_id,
            f"nothing was changed: it was held, and {following.run_id}, which is published, read "
            "the source from the same place on. Its rows are there or were refused there: see "
            f"`lakehouse rejects {contract.feed}`",
        )


def read_rejects(
    lake: Lake, contract: Contract, business_date: date | None
) -> list[dict[str, Any]]:
    """Refused rows of a feed, of one business date or of all, in the order of date and row."""
    raw = Bucket(lake.s3, lake.bucket("raw"))
    rows: list[dict[str, Any]] = []
    for key in _keys_of(lake, contract):
        day, name = split_key(contract, key) or (None, "")
        if name != REJECTED or day is None or business_date not in (None, day):
            continue
        content = raw.get(key)
        if content is not None:
            table = pq.read_table(io.BytesIO(content))
            rows += [{"ingest_date": day.isoformat(), **row} for row in table.to_pylist()]
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
    problems = [
        *_find_unconfirmed(lake, manifest, content),
        *find_count_problems(manifest),
        *find_mismatches(manifest, lake.s3),
    ]
    if problems:
        raise ManifestError(manifest.run_id, "; ".join(problems))
    return manifest


def _find_unconfirmed(lake: Lake, manifest: Manifest, content: bytes) -> list[str]:
    """What is wrong with the `_SUCCESS` of a manifest, wherever the manifest was read from."""
    raw = Bucket(lake.s3, lake.bucket("raw"))
    folder = f"{feed_prefix(lake.contract(manifest.feed))}ingest_date={manifest.business_date}/"
    success = raw.get(folder + SUCCESS)
    where = raw.uri(folder + SUCCESS)
    if manifest.state != "published":
        is_there = f"{where} is there, and the batch is {manifest.state}"
        return [is_there] if success is not None else []
    if success is None:
        return [f"{where} is missing: the batch is not published"]
    if not is_confirmed_by(content, success):
        return [f"{where} confirms another manifest than this one"]
    return []
