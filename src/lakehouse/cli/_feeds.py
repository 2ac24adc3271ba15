"""Feeds on the command line: refused before a lake is started for them."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.contracts import feed_names
from lakehouse.contracts.lake import require_feeds
from lakehouse.settings import Settings


def check_feeds(settings: Settings, feeds: Sequence[str]) -> None:
    """Raise ConfigError when a feed has no contract."""
    if feeds:
        require_feeds(feeds, feed_names(settings.project_dir / "contracts"))
