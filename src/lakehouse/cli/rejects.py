"""`lakehouse rejects`: the rows that the door refused, and why."""

from __future__ import annotations

from datetime import date

import click

from lakehouse.cli._days import DAY
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.contracts import connect_lake
from lakehouse.landing import read_rejects
from lakehouse.settings import Settings

COLUMNS = ("ingest_date", "rule", "column_name", "value", "row_number", "row_json")


@click.command("rejects", short_help="Show refused rows and the rule each broke.")
@click.argument("feed")
@click.option(
    "--date",
    "business_date",
    type=DAY,
    help="Only rows of this business date.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Rows to show."
)
@click.option("--json", "as_json", is_flag=True, help="Print all rows as JSON.")
@ends_with_status
def rejects_command(feed: str, business_date: date | None, limit: int, as_json: bool) -> None:
    """Show the rows of FEED that landing refused. They may hold personal data.

    \b
    Examples:
      lakehouse rejects reviews
      lakehouse rejects order_items --date 2026-06-01 --json
    """
    settings = Settings.from_env()
    ensure_endpoint()
    lake = connect_lake(settings)
    day = business_date
    rows = read_rejects(lake, lake.contract(feed), day)
    if as_json:
        print_json(rows)
    elif not rows:
        click.echo(f"no refused row of {feed}")
    else:
        print_table(rows[:limit], COLUMNS)
        if len(rows) > limit:
            click.echo(f"… and {len(rows) - limit} more (--limit)")
