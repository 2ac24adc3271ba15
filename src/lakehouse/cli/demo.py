"""`lakehouse demo`: business days end to end, on this machine."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status
from lakehouse.errors import DemoError
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from lakehouse.demo import Plan

DIFFERENCE_EXIT_CODE = 1


@click.command("demo", short_help="Business days end to end, on this machine.")
@click.option(
    "--days", type=click.IntRange(1, 400), default=3, show_default=True, help="Business days."
)
@click.option(
    "--scale",
    type=click.FloatRange(0.001, 100),
    default=0.02,
    show_default=True,
    help="1 is about 100,000 orders over two years.",
)
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True, help="Any number.")
@click.option(
    "--tested-days",
    type=click.IntRange(1),
    help="Run dbt's tests on so many of the days, evenly spread, the last one among them; on all "
    "of them by default.",
)
@click.option(
    "--from",
    "olist",
    type=click.Path(path_type=Path),
    help="Take the public Olist CSV files of this folder instead of the generated marketplace.",
)
@ends_with_status
def demo_command(
    days: int, scale: float, seed: int, tested_days: int | None, olist: Path | None
) -> None:
    """Make source systems, land their business days, build with dbt through Athena, reconcile.

    Works on the endpoint of AWS_ENDPOINT_URL, or starts a local Athena on .local-athena. The same
    command again changes nothing; a greater --days goes on. No other dbt may be at work on that
    lake meanwhile: temporary tables that lie there are taken for those of a killed build.

    \b
    Examples:
      lakehouse demo
      lakehouse demo --days 10 --scale 0.1 --seed 7
      lakehouse demo --days 60 --tested-days 5
      lakehouse demo --from ~/olist
    """
    settings = Settings.from_env()
    plan = _plan(days, scale, seed, tested_days, olist, settings)
    ensure_endpoint()
    click.echo(f"working on {settings.endpoint_url}")
    # These take a second to import: a person has seen a line by now.
    with _what_it_needs():
        from lakehouse.athena import connect_athena
        from lakehouse.contracts import connect_lake
        from lakehouse.demo.lock import only_one
        from lakehouse.demo.progress import Reporter
        from lakehouse.demo.run import run_demo
        from lakehouse.demo.summary import show_summary

    try:
        with only_one(settings.demo_dir, settings.endpoint_url), Reporter() as reporter:
            outcome = run_demo(plan, settings, reporter)
            lake, athena = connect_lake(settings), connect_athena(settings)
        show_summary(plan, outcome, lake, athena, reporter)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise DemoError(
            f"cannot go on:{where} {error.strerror or error}; put it right and run the same "
            "command again"
        ) from error
    if outcome.reconciliation is not None and outcome.reconciliation.differences:
        from lakehouse.cli.reconcile import print_outcome

        print_outcome(outcome.reconciliation, outcome.last_day.isoformat())
        sys.exit(DIFFERENCE_EXIT_CODE)


def _plan(
    days: int,
    scale: float,
    seed: int,
    tested_days: int | None,
    olist: Path | None,
    settings: Settings,
) -> Plan:
    """What is asked for, checked before anything is made.

    Raises:
        DemoError: the lake is not a local one, or a day lies in the future.
        SourceSchemaError: the folder's files are not Olist's.
    """
    with _what_it_needs():
        from lakehouse.contracts import find_inventory, load_contracts
        from lakehouse.demo import Plan, require_local
        from lakehouse.landing.olist_files import read_folder
        from lakehouse.marketplace import World

    require_local(settings)
    plan = Plan(World(seed=seed, scale=scale), days, olist, tested_days)
    plan.check_days(find_inventory(settings).last_visible_day(dt.datetime.now(dt.UTC).date()))
    if olist is not None:
        read_folder(olist, load_contracts(settings.project_dir / "contracts"))
    return plan


@contextmanager
def _what_it_needs() -> Iterator[None]:
    """Say how a package that only the demonstration imports is installed; raises DemoError."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise DemoError(
            f"the package {error.name} is not installed: `make setup` installs what the "
            "demonstration needs (the group `demo` of pyproject.toml)"
        ) from error
