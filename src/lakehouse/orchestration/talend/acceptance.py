"""Whether a job's batch landed: what its manifest in raw says, and nothing that the job says.

An exported Talend job only warns of a context that it does not know and ends with status 0 all the
same, so an end without failure proves nothing. The context is proven by where the batch lies: each
context writes the buckets of one environment, which are in the manifest's addresses.
"""

from __future__ import annotations

from datetime import date

from lakehouse.contracts import Contract
from lakehouse.contracts.lake import Lake
from lakehouse.contracts.talend.texts import CONTEXTS
from lakehouse.errors import ManifestError
from lakehouse.landing import Manifest, NotDue, find_previous, run_id_of, verify_manifest
from lakehouse.landing.publish import MANIFEST, Publication
from lakehouse.orchestration.talend.errors import NotLandedError, TalendError
from lakehouse.settings import stage_of


def context_of(environment: str) -> str:
    """The context of jobs that write an environment's lake.

    Raises:
        TalendError: no job writes it; people and pull requests read the lake of dev.
    """
    for context, name in CONTEXTS.items():
        if name == environment:
            return context
    raise TalendError(
        f"no Talend job writes the lake of {environment}: set LAKEHOUSE_ENV={stage_of(environment)}"
    )


def accept(lake: Lake, feed: str, business_date: date, context: str) -> Manifest | NotDue:
    """The manifest of the batch that a job landed; NotDue where none came and none had to.

    Raises:
        NotLandedError: there is no published manifest of that feed, business date, run and context
            in raw; or a file of it differs from what it promises.
        TalendError: there is no such context, or it writes another lake than this one.
    """
    contract = lake.contract(feed)
    run_id = run_id_of(feed, business_date)
    require_context(lake, context)
    publication = Publication(lake, contract, business_date, run_id)
    location = publication.raw.uri(publication.prefix + MANIFEST)
    try:
        manifest, is_confirmed = publication.find()
        if manifest is None:
            not_due = find_not_due(lake, contract, business_date)
            if not_due is not None:
                return not_due
            raise NotLandedError(
                f"{run_id}: the job ended well and {location} is not there: it landed nothing in "
                f"this lake. Was it started with --context={context}, and does it know that "
                "context? Its log says where it wrote"
            )
        _require_same(manifest, lake, feed, business_date, run_id, context, location)
        if manifest.state != "published":
            raise NotLandedError(f"{run_id}: the batch is {manifest.state}: {manifest.reason}")
        if not is_confirmed:
            raise NotLandedError(
                f"{run_id}: {location} is not confirmed by a _SUCCESS beside it: the job was "
                "killed before it published, or leaves that out. Run it again"
            )
        return verify_manifest(lake, location)
    except ManifestError as error:
        raise NotLandedError(f"the job ended well and its batch is not as promised: {error}") from (
            error
        )


def require_context(lake: Lake, context: str) -> None:
    """Raise TalendError unless jobs of that context write this lake."""
    expected = context_of(lake.environment)
    if context != expected:
        raise TalendError(
            f"context {context!r} is not the one that writes the lake of {lake.environment}: "
            f"that is {expected}"
        )


def find_not_due(lake: Lake, contract: Contract, business_date: date) -> NotDue | None:
    """That a feed need not have a batch on a day, as its contract's frequency has it."""
    previous = find_previous(lake, contract, business_date)
    if previous is None:
        return None
    due = contract.frequency.after(previous.business_date)
    if due <= business_date:
        return None
    return NotDue(contract.feed, business_date, previous.business_date, due)


def _require_same(
    manifest: Manifest,
    lake: Lake,
    feed: str,
    business_date: date,
    run_id: str,
    context: str,
    location: str,
) -> None:
    """Raise NotLandedError with everything in which a manifest is another run's."""
    day = business_date.isoformat()
    pairs = (
        ("feed", manifest.feed, feed),
        ("business date", manifest.business_date.isoformat(), day),
        ("run id", manifest.run_id, run_id),
    )
    problems = [
        f"its {what} is {found}, not {expected}"
        for what, found, expected in pairs
        if found != expected
    ]
    ours = tuple(f"s3://{lake.bucket(zone)}/" for zone in ("stage", "raw"))
    foreign = sorted({f.uri for f in manifest.files if not f.uri.startswith(ours)})
    if foreign:
        problems.append(
            f"its files lie outside of the buckets of context {context}: {', '.join(foreign[:3])}"
        )
    if problems:
        raise NotLandedError(f"{run_id}: {location} is another run's: {'; '.join(problems)}")
