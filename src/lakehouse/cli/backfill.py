"""`lakehouse backfill`: build a range of business dates again from what was landed."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from datetime import date
from io import StringIO

import click

from lakehouse.cli._days import DAY, check_span, days_between
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status
from lakehouse.contracts import Lake, connect_lake
from lakehouse.cost import record_last_build
from lakehouse.errors import ConfigError
from lakehouse.landing import published_days
from lakehouse.settings import Settings

FAILED_EXIT_CODE = 1
_BUILT = ("model", "seed", "snapshot", "test")
_LIST = ("--quiet", "list", "--output", "json", "--output-keys", "name", "resource_type")


@click.command("backfill", short_help="Build a range of days again.")
@click.option("--from", "first", type=DAY, required=True, help="First business date.")
@click.option("--to", "last", type=DAY, help="Last business date (default: all since --from).")
@click.option("--select", multiple=True, help="What to build, as dbt selects (default: all).")
@click.option("--exclude", multiple=True, help="What not to build, as dbt selects.")
@click.option("--dry-run", is_flag=True, help="Say what would be built, and build nothing.")
@ends_with_status
def backfill_command(
    first: date,
    last: date | None,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Build and test again what landed in a range of days; the rest of every table stays.

    Rows are merged on their keys, so doing it twice, or for days that were built before, changes
    nothing that was right. What should no longer be there at all goes with
    `dbt build --full-refresh` only.

    \b
    Examples:
      lakehouse backfill --from 2026-06-02
      lakehouse backfill --from 2026-06-02 --to 2026-06-05 --select int_reviews+
    """
    check_span(first, last)
    settings = Settings.from_env()
    ensure_endpoint()
    for line in _find_gaps(connect_lake(settings), first, last):
        click.echo(f"warning: {line}", err=True)
    days = {"run_date": str(first), "run_until": str(last or "")}
    folder = str(settings.project_dir)
    command = [*_LIST] if dry_run else ["build"]
    arguments = [*command, "--project-dir", folder, "--profiles-dir", folder]
    arguments += ["--vars", json.dumps(days), "--exclude-resource-type", "unit_test"]
    for option, values in (("--select", select), ("--exclude", exclude)):
        if values:
            arguments += [option, *values]
    from dbt.cli.main import dbtRunner  # takes seconds to import

    logging.getLogger("botocore").setLevel(logging.WARNING)
    said = StringIO()
    if dry_run:
        with redirect_stdout(said):  # dbt prints a line for each test, hundreds of them
            answer = dbtRunner().invoke(arguments)
    else:
        answer = dbtRunner().invoke(arguments)
        record_last_build(settings)
    if not answer.success:
        click.echo(said.getvalue(), err=True, nl=False)
        click.echo(f"error: dbt did not build it: {answer.exception or 'see above'}", err=True)
        sys.exit(FAILED_EXIT_CODE)
    if not (getattr(answer.result, "results", answer.result) or []):
        raise ConfigError(
            "nothing is selected: --select and --exclude leave no node (`dbt ls` lists them)"
        )
    if dry_run:
        for line in _describe_nodes(map(json.loads, answer.result)):
            click.echo(line)


def _describe_nodes(nodes: Iterable[Mapping[str, str]]) -> list[str]:
    """What is built, by name, and of tests how many there are."""
    found = sorted(
        (node["resource_type"], node["name"]) for node in nodes if node["resource_type"] in _BUILT
    )
    lines = [f"{kind} {name}" for kind, name in found if kind != "test"]
    return [*lines, f"and {len(found) - len(lines)} tests"]


def _find_gaps(lake: Lake, first: date, last: date | None) -> list[str]:
    """Days of the range of which a daily feed has no published batch, a sentence a feed.

    Raises:
        ConfigError: the range begins after everything that landed.
    """
    daily = [
        c for c in lake.contracts.values() if (c.frequency.count, c.frequency.unit) == (1, "d")
    ]
    landed = {contract.feed: published_days(lake, contract) for contract in daily}
    latest = max((days[-1] for days in landed.values() if days), default=first)
    if first > latest:
        raise ConfigError(
            f"nothing landed on {first} or later: the newest batch is of {latest} "
            "(see `lakehouse runs`)"
        )
    days = days_between(first, last or latest)
    lines = []
    for contract in sorted(daily, key=lambda contract: contract.feed):
        missing = [day.isoformat() for day in days if day not in landed[contract.feed]]
        if missing:
            lines.append(f"{contract.feed} has no published batch of {', '.join(missing)}")
    return lines
