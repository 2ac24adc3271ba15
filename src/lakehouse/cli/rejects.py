"""`lakehouse rejects`: the rows that the door refused, and why; and their second chance."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click

from lakehouse.cli._days import DAY
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._feeds import check_feeds
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.cli._replays import replay_batches
from lakehouse.contracts import connect_lake
from lakehouse.errors import ConfigError
from lakehouse.landing import find_runs, read_rejects
from lakehouse.settings import Settings

COLUMNS = ("ingest_date", "rule", "column_name", "value", "position", "row_json")
COUNTS = ("rule", "column_name", "rows", "days")


@click.command("rejects", short_help="Show refused rows and why; let them in again.")
@click.argument("feed")
@click.option("--date", "day", type=DAY, help="Only rows of this business date.")
@click.option("--rule", help="Only rows that broke this rule first.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Rows to show."
)
@click.option("--readmit", is_flag=True, help="Let rows enter that today's contract allows.")
@click.option("--json", "as_json", is_flag=True, help="Print all rows, or new counts, as JSON.")
@ends_with_status
def rejects_command(
    feed: str, day: date | None, rule: str | None, limit: int, readmit: bool, as_json: bool
) -> None:
    """Show the rows of FEED that landing refused, and by rule how many. They may hold personal
    data.

    --readmit takes the batches that have refused rows from the stage through today's door: rows
    that pass now enter, all others stay where they are. A batch in which a row that had entered
    would be refused now is not touched. Twice changes nothing.

    \b
    Examples:
      lakehouse rejects reviews
      lakehouse rejects order_items --date 2026-06-01 --rule minimum
      lakehouse rejects reviews --readmit
    """
    if readmit and rule is not None:
        raise click.UsageError(
            "--readmit takes whole batches, whatever rule refused a row: no --rule"
        )
    settings = Settings.from_env()
    check_feeds(settings, [feed])
    ensure_endpoint()
    lake = connect_lake(settings)
    contract = lake.contract(feed)
    landed = {run.business_date: run for run in find_runs(lake, [contract]) if run.manifest}
    if not landed or (day is not None and day not in landed):
        when = f"of {day.isoformat()} " if day else ""
        raise ConfigError(f"no batch of {feed} {when}was landed: see `lakehouse runs {feed}`")
    rows = [row for row in read_rejects(lake, contract, day) if rule in (None, row["rule"])]
    if readmit and rows:
        days = sorted({date.fromisoformat(row["ingest_date"]) for row in rows})
        batches = [(feed, each) for each in days]
        sys.exit(replay_batches(lake, batches, as_json=as_json, only_gain=True))
    if as_json:
        print_json(rows)
    elif day is not None and landed[day].state == "refused":
        click.echo(f"the delivery of {day} was refused whole: {landed[day].reason}")
    elif not rows:
        click.echo(f"no refused row of {feed}" + (f" by {rule}" if rule else ""))
    else:
        print_table(_count(rows), COUNTS)
        click.echo()
        print_table(map(_show, rows[:limit]), COLUMNS)
        if len(rows) > limit:
            click.echo(f"… and {len(rows) - limit} more (--limit)")


def _count(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Refused rows by rule and column, most first."""
    counts = Counter((row["rule"], row["column_name"]) for row in rows)
    days = Counter((rule, name) for rule, name, _ in {_place(row) for row in rows})
    return [
        {"rule": rule, "column_name": name, "rows": count, "days": days[rule, name]}
        for (rule, name), count in counts.most_common()
    ]


def _place(row: Mapping[str, Any]) -> tuple[str, str | None, str]:
    return row["rule"], row["column_name"], row["ingest_date"]


def _show(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its place in the stage as `file:row`."""
    name = str(row["source_file"]).rpartition("/")[2]
    return {**row, "position": f"{name}:{row['row_number']}"}
