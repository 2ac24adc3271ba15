"""Batches of raw made anew from the stage, each by the same door; the Spark job does it for years.

Whoever rebuilds days side by side claims their feed once, and the days are done under that claim.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from lakehouse.contracts.lake import Lake
from lakehouse.contracts.tables import feed_prefix
from lakehouse.errors import LakehouseError
from lakehouse.landing.batch import replay
from lakehouse.landing.claim import Claim
from lakehouse.landing.days import days_of
from lakehouse.landing.model import Manifest, run_id_of
from lakehouse.landing.stage import MARKER
from lakehouse.landing.store import Bucket

Outcome = Literal["restored", "changed", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of a feed's day: `restored` where raw had no whole batch of it, `changed` where
    the contract of today makes another one of the same bytes. Counts are of rows; `problem` is what
    was wrong with a day that failed, "" of the others."""

    feed: str
    business_date: date
    run_id: str
    outcome: Outcome
    read_count: int = 0
    written_count: int = 0
    rejected_count: int = 0
    problem: str = ""

    def to_row(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def staged_days(lake: Lake, feed: str) -> list[date]:
    """The business dates of which the stage holds a feed's complete delivery, in order.

    Raises:
        ConfigError: there is no such feed.
    """
    contract = lake.contract(feed)
    stage = Bucket(lake.s3, lake.bucket("stage"))
    marked = (key for key in stage.list(feed_prefix(contract)) if key.endswith(f"/{MARKER}"))
    return sorted(days_of(contract, marked))


def claim_days(lake: Lake, feed: str, first_day: date) -> Claim:
    """The claim on a feed under which its days are rebuilt, in a `with`; its `token` is for those
    who rebuild them. It is in the name of the first day's run.

    Raises:
        FeedClaimedError: another loader lands the feed.
    """
    return Claim(lake, feed, run_id_of(feed, first_day))


def rebuild_day(lake: Lake, feed: str, business_date: date, token: str) -> Rebuilt:
    """Let the stage's bytes of a day through the door under the claim of a token; an error of that
    day is its outcome.

    No source is asked: the day must be one of `staged_days`.
    """
    try:
        done = replay(feed, business_date, lake, token=token)
    except LakehouseError as error:
        problem = f"{type(error).__name__}: {error}"
        run_id = run_id_of(feed, business_date)
        return Rebuilt(feed, business_date, run_id, "failed", problem=problem)
    if done.before is None or done.damage:
        return _told(done.after, "restored")
    return _told(done.after, "changed" if done.changed else "unchanged")


def _told(manifest: Manifest, outcome: Outcome) -> Rebuilt:
    return Rebuilt(
        manifest.feed,
        manifest.business_date,
        manifest.run_id,
        outcome,
        manifest.read_count,
        manifest.written_count,
        manifest.rejected_count,
    )
