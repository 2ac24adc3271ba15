"""Batches and how far each came: published, held, refused, in hand, or left unfinished."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.errors import ConfigError, ManifestError
from lakehouse.landing.claim import Holder, list_claims
from lakehouse.landing.days import days_of
from lakehouse.landing.model import Manifest, parse_run_id, run_id_of
from lakehouse.landing.publish import MANIFEST, SUCCESS
from lakehouse.landing.store import Bucket

RunState = Literal["published", "held", "refused", "in_progress", "abandoned", "damaged"]


@dataclass(frozen=True, slots=True)
class Run:
    """A batch. `holder` is the loader that works on it; `manifest` is None until there is one;
    `published_at` is when S3 stored its `_SUCCESS` (UTC).

    A `refused` one could not be read at all; its manifest has the reason, as that of a `held` one.
    An `abandoned` batch was begun, and nobody works on it: its loader was killed, or its source
    failed in the middle. Of a `damaged` one the manifest cannot be read: `problem` says why.
    """

    feed: str
    business_date: date
    state: RunState
    manifest: Manifest | None = None
    holder: Holder | None = None
    published_at: datetime | None = None
    problem: str | None = None

    @property
    def reason(self) -> str | None:
        """Why it is held, refused or damaged."""
        return self.manifest.reason if self.manifest else self.problem

    @property
    def started_at(self) -> str | None:
        """When its loader began (UTC, ISO 8601), where that is known."""
        if self.holder is not None:
            return self.holder.taken_at
        if self.manifest is not None and self.manifest.timing is not None:
            return self.manifest.timing.started_at
        return None

    def to_dict(self) -> dict[str, Any]:
        """The run as plain values: its manifest, if it has one, and what became of it."""
        manifest = self.manifest.to_dict() if self.manifest else {}
        published_at = self.published_at and self.published_at.astimezone(UTC)
        return {
            **manifest,
            "feed": self.feed,
            "run_id": run_id_of(self.feed, self.business_date),
            "business_date": self.business_date.isoformat(),
            "state": self.state,
            "reason": self.reason,
            "started_at": self.started_at,
            "published_at": published_at and published_at.isoformat().replace("+00:00", "Z"),
            "holder": self.holder and asdict(self.holder),
        }


def find_runs(
    lake: Lake,
    contracts: Iterable[Contract],
    first: date = date.min,
    last: date = date.max,
) -> list[Run]:
    """The batches of feeds from a first to a last business date, newest first, then by feed."""
    holders = {holder.run_id: holder for holder in list_claims(lake).values()}
    found = []
    for contract in contracts:
        stored = Bucket(lake.s3, lake.bucket("raw")).times(feed_prefix(contract))
        days = _days_of(lake, contract, stored, holders)
        found += [
            _find_run(lake, contract, day, stored, holders) for day in days if first <= day <= last
        ]
    return sorted(found, key=lambda run: (-run.business_date.toordinal(), run.feed))


def _days_of(
    lake: Lake, contract: Contract, stored: Iterable[str], holders: Iterable[str]
) -> set[date]:
    """The days that stage or raw has something of, or that a loader is at work on."""
    prefix = feed_prefix(contract)
    stage = Bucket(lake.s3, lake.bucket("stage"))
    folders = (f"{prefix}{name}/" for name in stage.folders(prefix))
    return days_of(contract, (*folders, *stored)) | _claimed_days(contract, holders)


def _claimed_days(contract: Contract, run_ids: Iterable[str]) -> set[date]:
    days = set()
    for run_id in run_ids:
        with suppress(ConfigError):  # whoever may write to the bucket may have written it
            feed, day = parse_run_id(run_id)
            if feed == contract.feed:
                days.add(day)
    return days


def _find_run(
    lake: Lake,
    contract: Contract,
    day: date,
    stored: Mapping[str, datetime],
    holders: Mapping[str, Holder],
) -> Run:
    folder = f"{feed_prefix(contract)}ingest_date={day.isoformat()}/"
    manifest, problem = None, None
    if folder + MANIFEST in stored:
        try:
            manifest = _read_manifest(lake, folder + MANIFEST)
        except ManifestError as error:
            problem = str(error)
    published_at = stored.get(folder + SUCCESS)
    holder = holders.get(run_id_of(contract.feed, day))
    state: RunState = "abandoned"
    if holder is not None:
        state = "in_progress"
    elif problem is not None:
        state = "damaged"
    elif manifest is not None and (manifest.state != "published" or published_at is not None):
        state = manifest.state
    return Run(contract.feed, day, state, manifest, holder, published_at, problem)


def _read_manifest(lake: Lake, key: str) -> Manifest | None:
    raw = Bucket(lake.s3, lake.bucket("raw"))
    content = raw.get(key)
    return Manifest.from_json(content, raw.uri(key)) if content else None
