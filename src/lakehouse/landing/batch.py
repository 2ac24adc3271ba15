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
from lakehouse.landing.door import Admission, admit
from lakehouse.landing.extract import end_of_day, extract
from lakehouse.landing.history import find_previous, published_days, read_published
from lakehouse.landing.model import FileFacts, Manifest, NotDue, Sources, run_id_of
from lakehouse.landing.oddities import RECENT, find_oddities, profile_rows
from lakehouse.landing.publish import Publication, data_parquet, file_facts, rejected_parquet
from lakehouse.landing.read_csv import read_csv
from lakehouse.landing.read_json import read_json_lines, read_json_page
from lakehouse.landing.read_parquet import read_parquet
from lakehouse.landing.records import Records, concat_records
from lakehouse.landing.stage import Delivery, Stage
from lakehouse.landing.store import Bucket
from lakehouse.observability import format_facts, timed_step

logger = logging.getLogger(__name__)

_READERS = {
    "csv": read_csv,
    "json_lines": read_json_lines,
    "json_pages": read_json_page,
    "parquet": read_parquet,
}


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
        if delivery is not None and delivery.reader != contract.format.name:
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
        try:
            records, files = read_stage(contract, stage, delivery)
        except SourceSchemaError:
            stage.reopen()
            raise
        admission = admit(records, contract, until=end_of_day(business_date))
        return settle(
            lake, publication, contract, business_date, delivery, files, admission, records
        )


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
    if delivery.reader != contract.format.name:
        raise LandingError(
            run_id,
            f"its delivery was read as {delivery.reader}, and the contract says "
            f"{contract.format.name}: it cannot be reprocessed",
        )
    with timed_step(logger, "reprocess", run_id=run_id):
        records, files = read_stage(contract, stage, delivery)
        admission = admit(records, contract, until=end_of_day(business_date))
        after = settle(
            lake,
            publication,
            contract,
            business_date,
            delivery,
            files,
            admission,
            records,
            replaces=before,
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


def read_stage(
    contract: Contract, stage: Stage, delivery: Delivery
) -> tuple[Records, list[FileFacts]]:
    """The records of a complete delivery, and the facts of its files."""
    contents = stage.read(delivery)
    reader = _READERS[delivery.reader]
    parts = {name: reader(content, stage.key(name), contract) for name, content in contents.items()}
    files = stage.describe(contents, {name: part.read_count for name, part in parts.items()})
    return concat_records(list(parts.values())), files


def settle(
    lake: Lake,
    publication: Publication,
    contract: Contract,
    business_date: date,
    delivery: Delivery,
    files: list[FileFacts],
    admission: Admission,
    records: Records,
    *,
    replaces: Manifest | None = None,
) -> Manifest:
    """Publish or hold what the door decided; return the manifest of the published batch.

    `replaces` is the published batch of that date where there is one; it stays as it is unless
    the new one can be published and differs.
    """
    ingested_at = end_of_day(business_date).astimezone(UTC)
    run_id = publication.run_id
    data = data_parquet(admission, contract, run_id, ingested_at)
    if data is not None:
        uri = publication.raw.uri(publication.data_key)
        files.append(file_facts("data", uri, data, admission.rows.num_rows))
    rejected_count = admission.rejected.num_rows
    if rejected_count:
        uri = publication.raw.uri(publication.rejected_key)
        content = rejected_parquet(admission, run_id)
        files.append(file_facts("rejected", uri, content, rejected_count))
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
        read_count=admission.read_count,
        written_count=admission.rows.num_rows,
        rejected_count=rejected_count,
        rejected_by_rule=admission.rejected_by_rule,
        files=tuple(files),
        watermark=delivery.watermark,
        ignored_fields=records.ignored,
        warned_by_rule=admission.warned_by_rule,
    )
    profile = profile_rows(admission.rows, contract, end_of_day(business_date))
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
        contract, manifest.read_count, rejected_count, profile.garbled_count
    )
    if reason is not None:
        held = replace(
            manifest,
            state="held",
            reason=reason,
            files=tuple(file for file in manifest.files if file.role != "data"),
        )
        rules = _show_rules(admission.rejected_by_rule)
        if replaces is not None:
            raise BatchHeldError(
                run_id,
                f"would be held, nothing was changed: {reason}{rules}",
                rejected_by_rule=admission.rejected_by_rule,
            )
        publication.hold(held, admission)
        raise BatchHeldError(
            run_id,
            f"held, nothing was published: {reason}{rules}. See "
            f"`lakehouse rejects {contract.feed}`, have the source repaired, then land again",
            rejected_by_rule=admission.rejected_by_rule,
        )
    if replaces is not None:
        if manifest == replaces:
            return replaces
        publication.withdraw()
    publication.publish(manifest, data, admission)
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
