"""`lakehouse runs`: what was landed, and what waits for a person."""

from __future__ import annotations

import click

from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.cli.land import COLUMNS, summarise
from lakehouse.contracts import connect_lake
from lakehouse.landing import list_runs
from lakehouse.settings import Settings


@click.command("runs", short_help="List landed and held batches.")
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
@click.option("--json", "as_json", is_flag=True, help="Print whole manifests as JSON.")
@ends_with_status
def runs_command(feeds: tuple[str, ...], as_json: bool) -> None:
    """List the batches of the lake by business date, of all feeds or of each FEED.

    \b
    Examples:
      lakehouse runs
      lakehouse runs orders --json
    """
    settings = Settings.from_env()
    ensure_endpoint()
    lake = connect_lake(settings)
    contracts = [lake.contract(feed) for feed in feeds or sorted(lake.contracts)]
    runs = list_runs(lake, contracts)
    if as_json:
        print_json([manifest.to_dict() for manifest in runs])
    elif not runs:
        click.echo("no batch has been landed yet: try `lakehouse demo`, or `lakehouse land --help`")
    else:
        print_table(map(summarise, runs), COLUMNS)
