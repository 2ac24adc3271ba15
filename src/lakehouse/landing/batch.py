"""Land one feed of one business date: source, stage, door, raw; or stage, door, raw once more.

`land` is what the demonstration, Airflow and the command call. The same run landed twice changes
nothing; a run that was killed is simply landed again. `replay` never asks the source: it rebuilds
a batch from its stage.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.errors import LandingError, ManifestError, SourceMissingError, SourceSchemaError
from lakehouse.landing.asking import ask_source
from lakehouse.landing.claim import Claim, Fence
from lakehouse.landing.extract import acknowledge, extract, reader_of
from lakehouse.landing.filling import Filling
from lakehouse.landing.history import find_previous, require_not_overtaken
from lakehouse.landing.late_files import with_late_files
from lakehouse.landing.model import Manifest, NotDue, Sources, run_id_of
from lakehouse.landing.publish import Publication
from lakehouse.landing.refusal import refusal_kept
from lakehouse.landing.settle import Replaced, Stopwatch, settle
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

    Files that came after a day was published are not landed; `warnings` of the manifest that is
    returned names them (`late_files`), and the log, which the next day's landing tells, too.

    A feed that is delivered less often than daily, and has nothing for a day on which it need not
    have, is not due: nothing is published and nothing is wrong.

    `again` asks the source once more although the stage holds a complete delivery of a run that
    was not published; a published run is never landed again.

    Raises:
        ConfigError: there is no such feed, its source's address is not known, or raw is shared.
        SourceError: the source did not deliver; raw has no row of it. Where the delivery was
            refused, its manifest says why.
        BatchHeldError: too many rows were refused, or a snapshot is empty.
        ManifestError: counts or checksums differ; nothing was published.
        FeedClaimedError: another loader lands the feed; it may be tried again later.
        LandingError: Athena would not see a batch of that date, or one before it is unfinished.
    """
    lake.check_owns("raw")
    contract = lake.contract(feed)
    run_id = run_id_of(feed, business_date)
    require_visible(lake, business_date, run_id)
    published = _find_published(Publication(lake, contract, business_date, run_id))
    if published is not None:
        return with_late_files(published, lake, contract, sources)
    watch = Stopwatch()
    with timed_step(logger, "land", run_id=run_id), Claim(lake, feed, run_id) as claim:
        publication = Publication(lake, contract, business_date, run_id, claim)
        manifest, is_published = publication.find()
        if manifest is not None and is_published:
            return manifest
        stage = _stage_of(lake, contract, business_date, claim)
        if again or (manifest is not None and manifest.state == "held"):
            stage.clear()
        delivery = stage.find_complete()
        if delivery is not None and delivery.reader not in contract.readers:
            raise LandingError(
                run_id,
                f"the stage holds an unfinished {delivery.reader} delivery: finish it with "
                "`lakehouse land --from DIR`, or ask the source with --again",
            )
        with (
            refusal_kept(publication, contract, business_date, watch),
            Filling(contract, business_date, stage) as filling,
        ):
            if delivery is None:
                filling.follow(reader_of(contract, sources))
                answer = _ask(lake, contract, business_date, sources, stage)
                if isinstance(answer, NotDue):
                    return answer
                delivery = answer
                watch.extracted()
            try:
                draft, files = filling.finish(delivery)
            except SourceSchemaError:
                stage.reopen()
                raise
            manifest = settle(
                lake, publication, contract, business_date, delivery, files, draft, watch.timing()
            )
        acknowledge(contract, sources, manifest)
        return manifest


def _find_published(publication: Publication) -> Manifest | None:
    """The manifest of a batch that needs nothing more."""
    manifest, is_published = publication.find()
    if manifest is None or not is_published:
        return None
    logger.info("%s", format_facts(event="unchanged", run_id=publication.run_id))
    return manifest


def _ask(
    lake: Lake, contract: Contract, business_date: date, sources: Sources, stage: Stage
) -> Delivery | NotDue:
    previous = find_previous(lake, contract, business_date)
    if previous is not None:
        with_late_files(previous, lake, contract, sources)
    try:
        return ask_source(
            lake, contract, lambda: extract(contract, business_date, sources, previous, stage)
        )
    except SourceMissingError:
        if previous is None:
            raise
        due = contract.frequency.after(previous.business_date)
        if due <= business_date:
            raise
        answer = NotDue(contract.feed, business_date, previous.business_date, due)
        run_id = run_id_of(contract.feed, business_date)
        logger.info("%s", format_facts(event="not_due", run_id=run_id, due=due.isoformat()))
        return answer


def _stage_of(lake: Lake, contract: Contract, business_date: date, claim: Fence) -> Stage:
    run_id = run_id_of(contract.feed, business_date)
    bucket = Bucket(lake.s3, lake.bucket("stage"))
    return Stage(bucket, contract, business_date, run_id, claim)


@dataclass(frozen=True, slots=True)
class Replay:
    """A batch before and after it was rebuilt from its stage.

    `before` is None where raw had no manifest that could be read. `changed` is False where raw had
    all of it already. `damage`: what was wrong with it, as sentences.
    """

    before: Manifest | None
    after: Manifest
    changed: bool
    damage: tuple[str, ...] = ()

    @property
    def contract_changed(self) -> str | None:
        """Which contract let the rows in before, where it was another one."""
        if self.before is None or self.before.contract_sha256 == self.after.contract_sha256:
            return None
        return self.before.contract_version


def replay(
    feed: str,
    business_date: date,
    lake: Lake,
    *,
    only_gain: bool = False,
    token: str | None = None,
) -> Replay:
    """Let the bytes that the stage holds of a batch through the door under the contract of today,
    and publish what comes of it where raw has something else, or nothing.

    The source is not asked. Whoever reads raw meanwhile sees the rows before or the rows after.
    Killed at any instant it is simply called again. With `only_gain` no row that is in raw may be
    refused now. `token` is that of a claim on the feed that another process holds for this one.

    Raises:
        ConfigError: there is no such feed, or raw is shared.
        LandingError: the stage does not hold the delivery, (`only_gain`) rows would be lost, or a
            held batch's rows came with a later day.
        ManifestError: the stage was altered.
        BatchHeldError: under today's contract the batch would be held; nothing was changed.
        SourceSchemaError: the delivery lacks columns that the contract has by now.
        FeedClaimedError: another loader lands the feed; it may be tried again later.
    """
    lake.check_owns("raw")
    contract = lake.contract(feed)
    run_id = run_id_of(feed, business_date)
    require_visible(lake, business_date, run_id)
    watch = Stopwatch()
    own = nullcontext(Fence(lake, feed, run_id, token)) if token else Claim(lake, feed, run_id)
    with timed_step(logger, "replay", run_id=run_id), own as claim:
        publication = Publication(lake, contract, business_date, run_id, claim)
        replaced = _look(publication)
        if replaced.manifest is not None and replaced.manifest.state == "held":
            require_not_overtaken(lake, contract, replaced.manifest)
        stage = _stage_of(lake, contract, business_date, claim)
        delivery = stage.find_complete()
        if delivery is None:
            raise LandingError(
                run_id,
                "the stage no longer holds its delivery, or never held it whole, so it cannot be "
                "rebuilt: `lakehouse land` asks the source",
            )
        if delivery.reader not in contract.readers:
            raise LandingError(
                run_id,
                f"its delivery was read as {delivery.reader}, and the contract says "
                f"{contract.format.name}: it cannot be rebuilt from the stage alone",
            )
        with Filling(contract, business_date, stage) as filling:
            draft, files = filling.finish(delivery)
            if only_gain:
                publication.require_gain(draft)
            after = settle(
                lake,
                publication,
                contract,
                business_date,
                delivery,
                files,
                draft,
                watch.timing(),
                replaced,
            )
        changed = after is not replaced.manifest
        return Replay(replaced.manifest, after, changed, replaced.damage)


def _look(publication: Publication) -> Replaced:
    """What raw has of a batch, and what is wrong with it."""
    try:
        manifest, is_published = publication.find()
    except ManifestError as error:
        return Replaced(None, damage=(str(error),))
    if manifest is None or manifest.state != "published":
        return Replaced(manifest)
    damage = publication.find_damage(manifest)
    if not is_published:
        damage.insert(0, "it was not confirmed: a loader was killed")
    return Replaced(manifest, tuple(damage))


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
