"""`lakehouse reprocess`: landed batches through the door again, after a rule was put right."""

from __future__ import annotations

import sys
from datetime import date

import click

from lakehouse.cli._days import DAY, days_between
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._feeds import check_feeds
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.contracts import connect_lake
from lakehouse.errors import ConfigError, LandingError, SourceError
from lakehouse.landing import list_runs, replay
from lakehouse.settings import Settings

FAILED_EXIT_CODE = 1
COLUMNS = ("feed", "business_date", "written", "was_written", "rejected", "was_rejected")


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

    The source is not asked. Rows that were refused enter when their rule allows it now; build them
    with `lakehouse backfill`. A batch that would be held stays as it is.

    \b
    Examples:
      lakehouse reprocess reviews --from 2026-06-02
      lakehouse reprocess payments orders --from 2026-06-01 --to 2026-06-30
    """
    until = last or first
    days = days_between(first, until)
    settings = Settings.from_env()
    check_feeds(settings, feeds)
    ensure_endpoint()
    lake = connect_lake(settings)
    contracts = [lake.contract(feed) for feed in feeds]
    runs = list_runs(lake, contracts)
    published = {(run.feed, run.business_date) for run in runs if run.state == "published"}
    pairs = [(feed, day) for day in days for feed in feeds if (feed, day) in published]
    if not pairs:
        raise ConfigError(f"no batch of {', '.join(feeds)} was published in these days")
    rows = []
    failed = False
    for feed, day in pairs:
        try:
            rebuilt = replay(feed, day, lake)
        except (LandingError, SourceError) as error:
            # The batch is as it was; those that went before it have to be built all the same.
            click.echo(f"error: {feed} {day}: {error}", err=True)
            failed = True
            continue
        before, after = rebuilt.before or rebuilt.after, rebuilt.after
        rows.append(
            {
                "feed": feed,
                "business_date": day.isoformat(),
                "written": after.written_count,
                "was_written": before.written_count,
                "rejected": after.rejected_count,
                "was_rejected": before.rejected_count,
            }
        )
        if after.written_count < before.written_count:
            click.echo(
                f"warning: {feed} {day}: rows that had entered are refused now; tables keep them "
                "until they are built with `dbt build --full-refresh`",
                err=True,
            )
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS)
        if rows:
            click.echo(f"now build them: lakehouse backfill --from {first} --to {until}")
    if failed:
        sys.exit(FAILED_EXIT_CODE)
