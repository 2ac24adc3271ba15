"""`lakehouse runs`: what was landed, what is being landed, and what waits for a person."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

import click

from lakehouse.cli._days import DAY, check_span
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._feeds import check_feeds
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.cli.land import summarise
from lakehouse.contracts import connect_lake
from lakehouse.landing.runs import Run, find_runs
from lakehouse.settings import Settings

COLUMNS = (
    "feed", "business_date", "state", "read", "written", "rejected", "started", "extraction",
    "door", "published", "rules", "warnings", "reason",
)  # fmt: skip


@click.command("runs", short_help="List batches, newest first.")
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
@click.option("--date", "day", type=DAY, help="Only this business date.")
@click.option("--from", "first", type=DAY, help="First business date.")
@click.option("--to", "last", type=DAY, help="Last business date.")
@click.option("--json", "as_json", is_flag=True, help="Print whole manifests as JSON.")
@ends_with_status
def runs_command(
    feeds: tuple[str, ...], day: date | None, first: date | None, last: date | None, as_json: bool
) -> None:
    """List the batches of the lake, newest first, of all feeds or of each FEED.

    published: in raw. held: too many rows were refused. refused: the delivery could not be read
    at all. Their reason is the last column. in progress: a loader is at work on it. abandoned:
    begun, and nobody is at work on it: land it again. damaged: its
    manifest cannot be read. Instants are UTC; extraction and door are
    seconds, empty where the stage held the delivery already.

    \b
    Examples:
      lakehouse runs
      lakehouse runs orders --from 2026-06-01 --json
      lakehouse runs --date 2026-06-01
    """
    check_span(first, last)
    settings = Settings.from_env()
    check_feeds(settings, feeds)
    ensure_endpoint()
    lake = connect_lake(settings)
    contracts = [lake.contract(feed) for feed in feeds or sorted(lake.contracts)]
    runs = find_runs(lake, contracts, day or first or date.min, day or last or date.max)
    if as_json:
        print_json([run.to_dict() for run in runs])
    elif runs:
        print_table(map(_row, runs), COLUMNS)
    elif feeds or day or first or last:
        click.echo("no batch of these feeds and days has been landed")
    else:
        click.echo("no batch has been landed yet: try `lakehouse demo`, or `lakehouse land --help`")


def _row(run: Run) -> dict[str, Any]:
    counts = summarise(run.manifest) if run.manifest else {}
    timing = run.manifest.timing if run.manifest else None
    published = run.published_at and run.published_at.astimezone(UTC)
    return {
        **counts,
        "feed": run.feed,
        "business_date": run.business_date.isoformat(),
        "state": run.state.replace("_", " ") + (f" ({run.holder})" if run.holder else ""),
        "started": run.started_at and run.started_at[:19],
        "extraction": timing and timing.extraction_seconds,
        "door": timing and timing.door_seconds,
        "published": published and published.isoformat()[:19],
        "reason": run.reason,
    }
