"""`lakehouse cost`: keep what a dbt build scanned, and compare it with the build before."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

import click

from lakehouse.athena import connect_athena
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_table
from lakehouse.contracts import find_inventory
from lakehouse.cost import (
    Comparison,
    compare,
    keep,
    last_runs,
    list_executions,
    price_usd,
    read_build,
)
from lakehouse.settings import Settings

OVER_BUDGET_EXIT_CODE = 1
DEFAULT_BUDGET = 1.5
_COLUMNS = ("node", "scan", "queries", "scanned_bytes", "before", "usd", "seconds", "over")


@click.command("cost", short_help="What the last dbt build scanned, against the one before.")
@click.option("--record/--no-record", default=True, help="Keep the last build first (default).")
@click.option("--top", default=20, show_default=True, help="Show so many nodes, dearest first.")
@ends_with_status
def cost_command(record: bool, top: int) -> None:
    """Keep the last build in the table `<env>_ops.model_runs` and compare it with the one before.

    Exits with 1 when a node marked `meta.scan: day` scans more than its budget allows: 1.5 times
    the build before, or its `meta.budget_growth_ratio`, and 64 KiB. Compare builds of days of like
    size, such as one day before and after a change. Prices count Athena's 10 MB a query at least.

    \b
    Examples:
      lakehouse cost
      lakehouse cost --no-record --top 100
    """
    settings = Settings.from_env()
    ensure_endpoint()
    athena = connect_athena(settings)
    inventory = find_inventory(settings)
    database = inventory.database(settings.environment, "ops")
    if record:
        target = Path(os.environ.get("DBT_TARGET_PATH", settings.project_dir / "target"))
        since = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
        executions = list_executions(athena.client, athena.workgroup, since)
        costs = read_build(target, executions, DEFAULT_BUDGET)
        keep(costs, database, inventory.bucket(settings.environment, "ops"), athena.run)
    runs = last_runs(database, 2, athena.run)
    if not runs:
        click.echo("no build has been kept yet: run `dbt build`, then `lakehouse cost`")
        return
    rows = compare(runs[1] if len(runs) > 1 else [], runs[0])
    print_table(map(_shown, rows[:top]), _COLUMNS)
    billed = sum(row.now.billed_bytes for row in rows)
    scanned = sum(row.now.scanned_bytes for row in rows)
    over = [row for row in rows if row.is_over_budget]
    click.echo(
        f"{len(rows)} nodes scanned {scanned:,} bytes, billed as {billed:,}: "
        f"{price_usd(billed):.4f} USD; {len(over)} beyond their budget"
    )
    if over:
        sys.exit(OVER_BUDGET_EXIT_CODE)


def _shown(row: Comparison) -> dict[str, object]:
    return {
        "node": row.now.node.split(".", 2)[2],
        "scan": row.now.scan,
        "queries": row.now.queries,
        "scanned_bytes": row.now.scanned_bytes,
        "before": "" if row.before is None else row.before.scanned_bytes,
        "usd": f"{price_usd(row.now.billed_bytes):.6f}",
        "seconds": f"{row.now.seconds:.1f}",
        "over": "over" if row.is_over_budget else "",
    }
