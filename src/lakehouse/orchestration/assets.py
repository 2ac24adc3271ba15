"""The Assets that landing produces and other DAGs may be scheduled on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from airflow.sdk import Asset, AssetAlias, get_current_context


def raw_asset(feed: str) -> Asset:
    """The raw table of a feed; it is updated when a batch of it has been published."""
    return Asset(name=f"raw.{feed}", uri=f"lakehouse://raw/{feed}", group="raw")


def raw_alias(feed: str) -> AssetAlias:
    """The outlet of a landing task, which says as it runs whether the feed's Asset is updated."""
    return AssetAlias(name=f"raw.{feed}", group="raw")


def updates_asset(land: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    """Let a task that lands a feed update its Asset, and only when a batch was published."""

    @wraps(land)
    def run(feed: str, day: str) -> str | None:
        run_id = land(feed, day)
        if run_id is not None:
            events = get_current_context()["outlet_events"][raw_alias(feed)]
            events.add(raw_asset(feed), extra={"run_id": run_id, "business_date": day})
        return run_id

    return run


def curated_asset() -> Asset:
    """The curated zone after a build whose tests passed."""
    return Asset(name="curated", uri="lakehouse://curated/all", group="curated")
