"""`lakehouse cost`: what a dbt build scanned and costs, compared with the build before."""

from __future__ import annotations

import sys

import click

from lakehouse.athena import connect_athena
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_table
from lakehouse.contracts import find_inventory
from lakehouse.cost import (
    Comparison,
    NodeCost,
    compare,
    is_kept,
    last_runs,
    price_usd,
    record_last_build,
)
from lakehouse.settings import Settings

OVER_BUDGET_EXIT_CODE = 1
_COLUMNS = (
    "node",
    "scan",
    "queries",
    "scanned_bytes",
    "budget",
    "before",
    "usd",
    "seconds",
    "over",
)
_SIZES = ("scanned_bytes", "billed_bytes")


@click.command("cost", short_help="What the last dbt build scanned, against the one before.")
@click.option("--record/--no-record", default=True, help="Keep dbt's last build too (default).")
@click.option("--top", default=20, show_default=True, help="Show so many nodes, dearest first.")
@ends_with_status
def cost_command(record: bool, top: int) -> None:
    """Compare the last build that `<env>_ops.model_runs` holds with the one before.

    The demonstration, `lakehouse backfill` and the DAG keep what they build; of any other
    `dbt build` this command does. Exits with 1 when a node scans more than its budget allows. One
    marked `meta.scan: day` may scan 3 times the bytes that landed since the build's run_date
    (`meta.budget_landed_ratio`), whatever was before; a day or dimension node, 1.5 times the build
    before (`meta.budget_growth_ratio`); 64 KiB more is beyond no budget. Compare builds of days of
    like size, such as one day before and after a change. Prices count Athena's 10 MB a query at
    least.

    \b
    Examples:
      lakehouse cost
      lakehouse cost --no-record --top 100
    """
    settings = Settings.from_env()
    ensure_endpoint()
    if record:
        record_last_build(settings)
    run = connect_athena(settings).run
    database = find_inventory(settings).database(settings.environment, "ops")
    runs = last_runs(database, 2, run) if is_kept(database, run) else []
    if not runs:
        click.echo("no build has been kept yet: run `dbt build`, then `lakehouse cost`")
        return
    rows = compare(runs[1] if len(runs) > 1 else [], runs[0])
    print_table(map(_shown, rows[:top]), _COLUMNS)
    for name, nodes in zip(("now", "before"), runs, strict=False):
        click.echo(_described(name, nodes))
    over = [row for row in rows if row.excess]
    click.echo(f"{len(over)} of {len(rows)} nodes are beyond their budget")
    if over:
        sys.exit(OVER_BUDGET_EXIT_CODE)


def _described(name: str, nodes: list[NodeCost]) -> str:
    first = nodes[0]
    scanned, billed = (sum(getattr(node, kind) for node in nodes) for kind in _SIZES)
    day, built = first.run_date or "all days", f"{first.run_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"{name}: {len(nodes)} nodes of {day}, built {built} by project "
        f"{first.project[:12] or 'unknown'}: {scanned:,} bytes scanned, {billed:,} billed, "
        f"{price_usd(billed):.4f} USD"
    )


def _shown(row: Comparison) -> dict[str, object]:
    return {
        "node": row.now.node.split(".", 2)[2],
        "scan": row.now.scan,
        "queries": row.now.queries,
        "scanned_bytes": row.now.scanned_bytes,
        "budget": row.budgets[0][0] if row.budgets else "",
        "before": "" if row.before is None else row.before.scanned_bytes,
        "usd": f"{price_usd(row.now.billed_bytes):.6f}",
        "seconds": f"{row.now.seconds:.1f}",
        "over": row.excess,
    }
