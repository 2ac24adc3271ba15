"""What becomes of a batch that is through the door: it is published, or held."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.errors import BatchHeldError
from lakehouse.landing.draft import Draft
from lakehouse.landing.extract import end_of_day
from lakehouse.landing.history import published_days, read_published
from lakehouse.landing.model import FileFacts, Manifest, Timing
from lakehouse.landing.oddities import RECENT, find_oddities
from lakehouse.landing.publish import Publication
from lakehouse.landing.stage import Delivery


@dataclass(slots=True)
class Stopwatch:
    """When a run began, and how long its extraction took; None where the stage was complete."""

    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    extraction_seconds: float | None = None
    _since: float = field(default_factory=time.monotonic)

    def extracted(self) -> None:
        """The delivery has come just now."""
        self.extraction_seconds = self._lap()

    def timing(self) -> Timing:
        """The times so far: the door is through just now."""
        started = self.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Timing(started, self.extraction_seconds, self._lap())

    def _lap(self) -> float:
        now = time.monotonic()
        lap, self._since = round(now - self._since, 3), now
        return lap


@dataclass(frozen=True, slots=True)
class Replaced:
    """What raw has of a batch that is rebuilt: its manifest, None where none can be read, and what
    is wrong with it."""

    manifest: Manifest | None
    damage: tuple[str, ...] = ()

    @property
    def was_late(self) -> bool:
        """Whether days after it were there before it came."""
        return self.manifest is not None and "late_batch" in self.manifest.warnings


def new_manifest(contract: Contract, business_date: date, run_id: str, timing: Timing) -> Manifest:
    """The manifest of a batch of which nothing is known but where it comes from."""
    ingested_at = end_of_day(business_date).astimezone(UTC)
    return Manifest(
        feed=contract.feed,
        run_id=run_id,
        business_date=business_date,
        state="published",
        source_system=contract.source.system,
        contract=contract.file,
        contract_version=contract.version,
        contract_sha256=contract.sha256,
        ingested_at=ingested_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        read_count=0,
        written_count=0,
        rejected_count=0,
        rejected_by_rule={},
        files=(),
        watermark={},
        lookups=contract.lookups,
        timing=timing,
    )


def settle(
    lake: Lake,
    publication: Publication,
    contract: Contract,
    business_date: date,
    delivery: Delivery,
    files: list[FileFacts],
    draft: Draft,
    timing: Timing,
    replaced: Replaced | None = None,
) -> Manifest:
    """Publish or hold what the door decided; return the manifest of the published batch.

    Of a batch that is rebuilt `replaced` is what raw has: it stays as it is unless the new one can
    be published and differs, or what is there is damaged.
    """
    run_id = publication.run_id
    profile = draft.profile
    manifest = replace(
        new_manifest(contract, business_date, run_id, timing),
        read_count=draft.read_count,
        written_count=draft.written_count,
        rejected_count=draft.rejected_count,
        rejected_by_rule=draft.rejected_by_rule,
        files=(*files, *publication.files_of(draft)),
        watermark=delivery.watermark,
        ignored_fields=tuple(sorted({*draft.ignored, *delivery.ignored})),
        warned_by_rule=draft.warned_by_rule,
    )
    days = published_days(lake, contract)
    recent = [read_published(lake, contract, day) for day in days if day < business_date][-RECENT:]
    later = next((day for day in days if day > business_date), None)
    if replaced is not None and not replaced.was_late:
        later = None
    manifest = replace(
        manifest,
        null_columns=profile.null_columns,
        future_columns=profile.future_columns,
        warnings=find_oddities(manifest, profile, contract, recent, later),
    )
    reason = find_reason_to_hold(
        contract, manifest.read_count, manifest.rejected_count, profile.garbled_count
    )
    if reason is not None:
        held = replace(
            manifest,
            state="held",
            reason=reason,
            files=tuple(file for file in manifest.files if file.role != "data"),
        )
        rules = _show_rules(draft.rejected_by_rule)
        if replaced is not None:
            raise BatchHeldError(
                run_id,
                f"would be held, nothing was changed: {reason}{rules}",
                rejected_by_rule=draft.rejected_by_rule,
            )
        publication.hold(held, draft.rejected)
        raise BatchHeldError(
            run_id,
            f"held, nothing was published: {reason}{rules}. See "
            f"`lakehouse rejects {contract.feed}`, have the source repaired, then land again",
            rejected_by_rule=draft.rejected_by_rule,
        )
    if replaced is not None:
        if manifest == replaced.manifest and not replaced.damage:
            return replaced.manifest
        publication.withdraw()
    publication.publish(manifest, draft)
    return manifest


def find_reason_to_hold(contract: Contract, read: int, rejected: int, garbled: int) -> str | None:
    """Why a batch must wait for a person, or None.

    A few refused rows of a small batch say nothing: below the allowance the share is not asked.
    """
    if contract.loading.mode == "full" and read == rejected:
        return "a full snapshot without a single valid row would delete everything"
    limit = max(contract.loading.reject_allowance, contract.loading.reject_threshold * read)
    if rejected > limit:
        share = contract.loading.reject_threshold
        return f"{rejected} of {read} rows were refused, more than {share:.0%}"
    if garbled > limit:
        return f"{garbled} of {read} rows hold text of a wrong encoding"
    return None


def _show_rules(rules: Mapping[str, int]) -> str:
    if not rules:
        return ""
    return " (" + ", ".join(f"{rule} {count}" for rule, count in rules.items()) + ")"
