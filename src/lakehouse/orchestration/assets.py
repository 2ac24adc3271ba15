"""The Assets that carry a business date from DAG to DAG, each with the date as partition key."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from airflow.sdk import Asset, AssetAlias, get_current_context


def business_day_asset() -> Asset:
    """The sources' day: it is updated when the day is over and the lake is ready to take it."""
    return Asset(name="business_day", uri="lakehouse://sources/business_day", group="sources")


def landed_asset(system: str) -> Asset:
    """The day of a source system: it is updated when all its feeds that were due have landed."""
    return Asset(name=f"landed.{system}", uri=f"lakehouse://landed/{system}", group="landed")


def raw_asset(feed: str) -> Asset:
    """The raw table of a feed; it is updated when a batch of it has been published."""
    return Asset(name=f"raw.{feed}", uri=f"lakehouse://raw/{feed}", group="raw")


def raw_alias(feed: str) -> AssetAlias:
    """The outlet of a landing task, which says as it runs whether the feed's Asset is updated."""
    return AssetAlias(name=f"raw.{feed}", group="raw")


def curated_asset() -> Asset:
    """The curated zone after a build whose tests passed."""
    return Asset(name="curated", uri="lakehouse://curated/all", group="curated")


def updates_raw(land: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    """Let a task that lands a feed update its Asset, and only when a batch was published."""

    @wraps(land)
    def run(feed: str, day: str) -> str | None:
        run_id = land(feed, day)
        if run_id is not None:
            events = get_current_context()["outlet_events"][raw_alias(feed)]
            events.add(raw_asset(feed), extra={"run_id": run_id, "business_date": day})
        return run_id

    return run


def updates_day(asset: Asset, work: Callable[..., Any]) -> Callable[..., Any]:
    """Let a task whose last argument is a business date update that day of an Asset, in runs that
    were started without a partition key too."""

    @wraps(work)
    def run(*arguments: Any) -> Any:
        outcome = work(*arguments)
        get_current_context()["outlet_events"][asset].add_partitions(arguments[-1])
        return outcome

    return run
