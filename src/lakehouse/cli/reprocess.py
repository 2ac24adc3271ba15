"""`lakehouse reprocess`: landed batches through the door again, after a rule was put right."""

from __future__ import annotations

import sys
from datetime import date

import click

from lakehouse.cli._days import DAY, days_between
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._feeds import check_feeds
from lakehouse.cli._output import ends_with_status
from lakehouse.cli._replays import replay_batches
from lakehouse.contracts import connect_lake
from lakehouse.errors import ConfigError
from lakehouse.landing import published_days
from lakehouse.settings import Settings


@click.command("reprocess", short_help="Let landed batches through the door again.")
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...")
@click.option("--from", "first", type=DAY, required=True, help="First business date.")
@click.option("--to", "last", type=DAY, help="Last business date (default: the first).")
@click.option("--json", "as_json", is_flag=True, help="Print counts as JSON.")
@ends_with_status
def reprocess_command(
    feeds: tuple[str, ...], first: date, last: date | None, as_json: bool
) -> None:
    """Admit what the stage holds of each FEED's published batches once more, by today's contract.

    The source is not asked. Rows that were refused enter when their rule allows it now, and rows
    that had entered are refused when it does not; build them with `lakehouse backfill`. A batch
    that would be held stays as it is.

    \b
    Examples:
      lakehouse reprocess reviews --from 2026-06-02
      lakehouse reprocess payments orders --from 2026-06-01 --to 2026-06-30
    """
    days = days_between(first, last or first)
    settings = Settings.from_env()
    check_feeds(settings, feeds)
    ensure_endpoint()
    lake = connect_lake(settings)
    published = {feed: published_days(lake, lake.contract(feed)) for feed in feeds}
    batches = [(feed, day) for day in days for feed in feeds if day in published[feed]]
    if not batches:
        raise ConfigError(f"no batch of {', '.join(feeds)} was published in these days")
    status = replay_batches(lake, batches, as_json=as_json)
    if status:
        sys.exit(status)
