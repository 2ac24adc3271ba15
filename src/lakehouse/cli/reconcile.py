"""`lakehouse reconcile`: does the warehouse say what the ledger says?"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from lakehouse.athena import connect_athena
from lakehouse.cli._days import DAY
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_json
from lakehouse.contracts import find_inventory
from lakehouse.reconcile import Reconciliation, find_ledger, reconcile
from lakehouse.settings import Settings

DIFFERENCE_EXIT_CODE = 1
_SHOWN = 20
ADVICE = (
    "If tables were changed or dropped by hand, `local-athena exec -- dbt build --full-refresh` "
    "makes them anew from raw, except the snapshots: no build brings back the versions that "
    "earlier days saw (`make clean` and `make demo` do, for a demonstration). Else look for the "
    "model, and for the day that was built last"
)


ledger_option = click.option(
    "--ledger",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="LAKEHOUSE_LEDGER_DIR",
    help="Folder of ledgers; .lakehouse/ledger in the checkout by default.",
)


@click.command("reconcile", short_help="Compare the warehouse with the ledger.")
@click.option(
    "--date",
    "business_date",
    type=DAY,
    help="Business date of the ledger; the last one by default. The warehouse speaks of the last "
    "day that was built, so only that day's ledger can agree.",
)
@ledger_option
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@ends_with_status
def reconcile_command(business_date: date | None, folder: Path | None, as_json: bool) -> None:
    """Compare every figure of the ledger with the curated tables, through Athena.

    Exits with 1 and names figure, grain and both values when one of them differs.

    \b
    Examples:
      lakehouse reconcile
      lakehouse reconcile --date 2026-06-03 --json
    """
    settings = Settings.from_env()
    ledger = find_ledger(
        folder or settings.demo_dir / "ledger",
        business_date,
    )
    ensure_endpoint()
    databases = find_inventory(settings).databases(settings.environment)
    end_with(reconcile(ledger, databases, connect_athena(settings).run), ledger.stem, as_json)


def end_with(outcome: Reconciliation, day: str, as_json: bool) -> None:
    """Print the outcome; exit with DIFFERENCE_EXIT_CODE when something differs."""
    if as_json:
        print_json(as_document(outcome, day))
    else:
        print_outcome(outcome, day)
    if outcome.differences:
        sys.exit(DIFFERENCE_EXIT_CODE)


def print_outcome(outcome: Reconciliation, day: str) -> None:
    """The summary, after the first differences on stderr."""
    for difference in outcome.differences[:_SHOWN]:
        click.echo(f"{day}: {difference}", err=True)
    if len(outcome.differences) > _SHOWN:
        click.echo(f"… and {len(outcome.differences) - _SHOWN} more (--json)", err=True)
    click.echo(f"{day}: {outcome.summary}")
    if outcome.differences:
        click.echo(ADVICE, err=True)


def as_document(outcome: Reconciliation, day: str) -> dict[str, object]:
    """The outcome for programs; numbers are text, as they may be exact decimals."""
    return {
        "date": day,
        "figures": len(outcome.figures),
        "agreeing": outcome.agreeing,
        "summary": outcome.summary,
        "differences": [
            {
                "figure": difference.figure,
                "grain": dict(difference.grain),
                "ledger": None if difference.ledger is None else str(difference.ledger),
                "warehouse": None if difference.warehouse is None else str(difference.warehouse),
            }
            for difference in outcome.differences
        ],
    }
