"""Land one feed of one business date: source, stage, door, raw.

`land` is what the demonstration, Airflow and the command call. The same run landed twice
changes nothing; a run that was killed is simply landed again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.errors import (
    BatchHeldError,
    LandingError,
    SourceMissingError,
    SourceSchemaError,
)
from lakehouse.landing.asking import ask_source
from lakehouse.landing.door import Inspection, Past, admit, inspect
from lakehouse.landing.draft import Draft
from lakehouse.landing.extract import acknowledge, end_of_day, extract
from lakehouse.landing.history import find_previous, published_days, read_published
from lakehouse.landing.intake import Intake
from lakehouse.landing.model import FileFacts, Manifest, NotDue, Sources, run_id_of
from lakehouse.landing.oddities import RECENT, find_oddities
from lakehouse.landing.ordered import in_order
from lakehouse.landing.publish import Publication
from lakehouse.landing.records import Records
from lakehouse.landing.stage import Delivery, Stage
from lakehouse.landing.store import Bucket
from lakehouse.observability import format_facts, timed_step

logger = logging.getLogger(__name__)


def land(
    feed: str,
    business_date: date,
    sources: Sources,
    lake: Lake,
    *,
    again: bool = False,
) -> Manifest | NotDue:
    """Land a feed and return the manifest of its published batch.

    A feed that is delivered less often than daily, and has nothing for a day on which it need not
    have, is not due: nothing is published and nothing is wrong.

    `again` asks the source once more although the stage holds a complete delivery of a run that
    was not published; a published run is never landed again.

    Raises:
        ConfigError: there is no such feed, its source's address is not known, or raw is shared.
        SourceError: the source did not deliver; nothing was written to raw.
        BatchHeldError: too many rows were refused, or a snapshot is empty.
        ManifestError: counts or checksums differ; nothing was published.
        LandingError: Athena would not see a batch of that date.
    """
    lake.check_owns("raw")
    contract = lake.contract(feed)
    run_id = run_id_of(feed, business_date)
    require_visible(lake, business_date, run_id)
    publication = Publication(lake, contract, business_date, run_id)
    manifest, is_published = publication.find()
    if manifest is not None and is_published:
        logger.info("%s", format_facts(event="unchanged", run_id=run_id))
        return manifest
    with timed_step(logger, "land", run_id=run_id):
        stage = Stage(Bucket(lake.s3, lake.bucket("stage")), contract, business_date, run_id)
        if again or (manifest is not None and manifest.state == "held"):
            stage.clear()
        delivery = stage.find_complete()
        if delivery is not None and delivery.reader not in contract.readers:
            raise LandingError(
                run_id,
                f"the stage holds an unfinished {delivery.reader} delivery: finish it with "
                "`lakehouse land --from DIR`, or ask the source with --again",
            )
        if delivery is None:
            previous = find_previous(lake, contract, business_date)
            try:
                delivery = ask_source(
                    lake,
                    contract,
                    lambda: extract(contract, business_date, sources, previous, stage),
                )
            except SourceMissingError:
                if previous is None:
                    raise
                due = contract.frequency.after(previous.business_date)
                if due <= business_date:
                    raise
                answer = NotDue(contract.feed, business_date, previous.business_date, due)
                logger.info("%s", format_facts(event="not_due", run_id=run_id, due=due.isoformat()))
                return answer
        with new_draft(contract, business_date, run_id) as draft:
            try:
                files = fill(draft, contract, business_date, stage, delivery)
            except SourceSchemaError:
                stage.reopen()
                raise
            manifest = settle(lake, publication, contract, business_date, delivery, files, draft)
        acknowledge(contract, sources, manifest)
        return manifest


def reprocess(feed: str, business_date: date, lake: Lake) -> tuple[Manifest, Manifest]:
    """Let the stage's bytes of a published batch through the door once more, under the contract of
    today; return the manifests before and after, which are equal when nothing changes.

    Whoever reads raw meanwhile sees the rows before or the rows after. Killed in the middle, the
    batch is not published until it is landed or reprocessed again.

    Raises:
        ConfigError: there is no such feed, or raw is shared.
        LandingError: the date has no published batch, or the stage does not hold its delivery.
        BatchHeldError: under today's contract the batch would be held; nothing was changed.
        SourceSchemaError: the delivery lacks columns that the contract has by now.
    """
    lake.check_owns("raw")
    contract = lake.contract(feed)
    run_id = run_id_of(feed, business_date)
    publication = Publication(lake, contract, business_date, run_id)
    before, is_published = publication.find()
    if before is None or not is_published:
        raise LandingError(run_id, "has no published batch: land it with `lakehouse land`")
    stage = Stage(Bucket(lake.s3, lake.bucket("stage")), contract, business_date, run_id)
    delivery = stage.find_complete()
    if delivery is None:
        raise LandingError(
            run_id, "the stage no longer holds its delivery, so it cannot be reprocessed"
        )
    if delivery.reader not in contract.readers:
        raise LandingError(
            run_id,
            f"its delivery was read as {delivery.reader}, and the contract says "
            f"{contract.format.name}: it cannot be reprocessed",
        )
    with (
        timed_step(logger, "reprocess", run_id=run_id),
        new_draft(contract, business_date, run_id) as draft,
    ):
        files = fill(draft, contract, business_date, stage, delivery)
        after = settle(
            lake, publication, contract, business_date, delivery, files, draft, replaces=before
        )
        return before, after


def require_visible(lake: Lake, business_date: date, run_id: str) -> None:
    """Refuse a date that partition projection does not cover: Athena would show nothing of it."""
    first = lake.inventory.first_ingest_date
    last = lake.inventory.last_visible_day(datetime.now(UTC).date())
    if business_date < first or (last is not None and business_date > last):
        raise LandingError(
            run_id,
            f"Athena would not see a batch of {business_date.isoformat()}: infra/lake.yml has "
            f"ingest_dates from {first.isoformat()} to {lake.inventory.last_ingest_date}",
        )


def new_draft(contract: Contract, business_date: date, run_id: str) -> Draft:
    """An empty draft of the batch of a business date."""
    end = end_of_day(business_date)
    return Draft(contract, run_id, ingested_at=end, end_of_day=end)


def fill(
    draft: Draft, contract: Contract, business_date: date, stage: Stage, delivery: Delivery
) -> list[FileFacts]:
    """Let a complete delivery through the door, a chunk at a time; return the facts of its files.

    Chunks are looked at side by side, and enter one after the other.
    """
    intake = Intake(contract, stage, delivery)
    until = end_of_day(business_date)

    def look(records: Records) -> Inspection:
        return inspect(records, contract, until=until)

    with Past() as past:
        for records, inspection in in_order(look, intake.chunks()):
            admission = admit(records, contract, until=until, inspection=inspection, past=past)
            draft.add(admission, records.ignored)
    draft.finish()
    return intake.files


def settle(
    lake: Lake,
    publication: Publication,
    contract: Contract,
    business_date: date,
    delivery: Delivery,
    files: list[FileFacts],
    draft: Draft,
    *,
    replaces: Manifest | None = None,
) -> Manifest:
    """Publish or hold what the door decided; return the manifest of the published batch.

    `replaces` is the published batch of that date where there is one; it stays as it is unless
    the new one can be published and differs.
    """
    ingested_at = end_of_day(business_date).astimezone(UTC)
    run_id = publication.run_id
    profile = draft.profile
    manifest = Manifest(
        feed=contract.feed,
        run_id=run_id,
        business_date=business_date,
        state="published",
        source_system=contract.source.system,
        contract=contract.file,
        contract_version=contract.version,
        contract_sha256=contract.sha256,
        ingested_at=ingested_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        read_count=draft.read_count,
        written_count=draft.written_count,
        rejected_count=draft.rejected_count,
        rejected_by_rule=draft.rejected_by_rule,
        files=(*files, *publication.files_of(draft)),
        watermark=delivery.watermark,
        ignored_fields=draft.ignored,
        warned_by_rule=draft.warned_by_rule,
    )
    days = published_days(lake, contract)
    recent = [read_published(lake, contract, day) for day in days if day < business_date][-RECENT:]
    later = next((day for day in days if day > business_date and replaces is None), None)
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
        if replaces is not None:
            raise BatchHeldError(
                run_id,
                f"would be held, nothing was changed: {reason}{rules}",
                rejected_by_rule=draft.rejected_by_rule,
            )
        publication.hold(held, draft)
        raise BatchHeldError(
            run_id,
            f"held, nothing was published: {reason}{rules}. See "
            f"`lakehouse rejects {contract.feed}`, have the source repaired, then land again",
            rejected_by_rule=draft.rejected_by_rule,
        )
    if replaces is not None:
        if manifest == replaces:
            return replaces
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
