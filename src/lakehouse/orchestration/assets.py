"""The Assets that landing produces and other DAGs may be scheduled on."""

from __future__ import annotations

from airflow.sdk import Asset


def raw_asset(feed: str) -> Asset:
    """The raw table of a feed; it is updated when a batch of it has been published."""
    return Asset(name=f"raw.{feed}", uri=f"lakehouse://raw/{feed}", group="raw")


def curated_asset() -> Asset:
    """The curated zone after a build whose tests passed."""
    return Asset(name="curated", uri="lakehouse://curated/all", group="curated")
