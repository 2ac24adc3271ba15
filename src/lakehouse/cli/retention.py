"""`lakehouse retention`: delete what contracts and infra/lake.yml keep no longer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import click

from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.contracts import connect_lake
from lakehouse.landing.retention import expire
from lakehouse.settings import Settings

COLUMNS = ("zone", "feed", "before", "object_count", "size_bytes")


@click.command("retention", short_help="Delete what the lake need not keep.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was deleted as JSON.")
@ends_with_status
def retention_command(dry_run: bool, as_json: bool) -> None:
    """Delete batches, refused rows and results of queries that are older than they are kept.

    How long that is say the contract of the feed (slaProperties, `retention`) and the zone in
    infra/lake.yml (`retention_days`), whichever is shorter.

    \b
    Examples:
      lakehouse retention --dry-run
      lakehouse retention --json
    """
    settings = Settings.from_env()
    ensure_endpoint()
    lake = connect_lake(settings)
    for zone in lake.inventory.zones:
        if lake.inventory.zones[zone].has_database:
            lake.check_owns(zone)
    expired = expire(lake, datetime.now(UTC).date(), dry_run=dry_run)
    if as_json:
        print_json([asdict(each) for each in expired])
        return
    print_table([asdict(each) for each in expired], COLUMNS)
    if dry_run:
        click.echo("nothing was deleted: leave out --dry-run to do it")
