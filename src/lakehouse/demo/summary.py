"""The short table at the end of a demonstration."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from rich.table import Table

from lakehouse.athena import Athena
from lakehouse.contracts import Lake
from lakehouse.demo.plan import Plan
from lakehouse.demo.progress import Reporter
from lakehouse.demo.run import Outcome

_DAYS_SHOWN = 7
_ZONES = ("curated", "snapshots")
_PLACES = ("LAKEHOUSE_ENV", "LAKEHOUSE_BUCKET_PREFIX", "LOCAL_ATHENA_DATA", "LAKEHOUSE_SOURCES_DIR")


def show_summary(
    plan: Plan, outcome: Outcome, lake: Lake, athena: Athena, reporter: Reporter
) -> None:
    """Print rows by table, GMV by day, bytes, seconds, the reconciliation and what to try next."""
    console = reporter.console
    rows, scanned = _rows_by_table(lake, athena)
    console.print()
    console.print(_table("table", "rows", [(name, f"{count:,}") for name, count in rows]))
    days, more = _gmv_by_day(lake.environment, athena)
    console.print(_table("purchase day", "GMV (BRL)", days))
    outcome.scanned_bytes += scanned + more
    seconds = [(kind, f"{spent:.1f}") for kind, spent in reporter.seconds.items()]
    console.print(_table("step", "seconds", seconds))
    reporter.say(f"Athena scanned {_bytes(outcome.scanned_bytes)}.")
    if outcome.reconciliation is not None:
        reporter.say(f"{outcome.last_day}: {outcome.reconciliation.summary}")
    elif outcome.landed:
        read = sum(manifest.read_count for manifest in outcome.landed)
        written = sum(manifest.written_count for manifest in outcome.landed)
        refused = sum(manifest.rejected_count for manifest in outcome.landed)
        reporter.say(f"{read:,} rows read = {written:,} in raw + {refused:,} refused with a reason")
    reporter.say("\nNext:")
    for line in next_steps(plan, outcome.lake_days, lake.environment, os.environ):
        reporter.say(f"  {line}")


def _table(left: str, right: str, rows: list[tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(left)
    table.add_column(right, justify="right")
    for name, value in rows:
        table.add_row(name, value)
    return table


def _rows_by_table(lake: Lake, athena: Athena) -> tuple[list[tuple[str, int]], int]:
    counts: list[tuple[str, int]] = []
    scanned = 0
    for zone in _ZONES:
        database = lake.database(zone)
        pages = lake.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        names = sorted(table["Name"] for page in pages for table in page["TableList"])
        for name in names:
            result = athena.run(f'select count(*) from "{database}"."{name}"')
            scanned += result.scanned_bytes
            counts.append((f"{database}.{name}", int(result.rows[0][0] or 0)))
    return counts, scanned


def _gmv_by_day(environment: str, athena: Athena) -> tuple[list[tuple[str, str]], int]:
    result = athena.run(
        "select cast(purchase_date_br as varchar), sum(gmv_brl) "
        f"from {environment}_curated.fct_orders where counts_as_sale "
        f"group by purchase_date_br order by purchase_date_br desc limit {_DAYS_SHOWN}"
    )
    rows = [(day or "", f"{Decimal(gmv or 0):,.2f}") for day, gmv in reversed(result.rows)]
    return rows, result.scanned_bytes


def _bytes(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB"


def next_steps(
    plan: Plan, lake_days: int, environment: str, environ: Mapping[str, str]
) -> list[str]:
    """Commands that speak of the same lake, ready to be typed in the same shell."""
    programs = Path(sys.executable).parent
    if programs.is_relative_to(Path.cwd()):
        programs = programs.relative_to(Path.cwd())
    local_athena, lakehouse = programs / "local-athena", programs / "lakehouse"
    steps = [f'{local_athena} sql "select * from {environment}_curated.fct_orders limit 5"']
    if plan.olist is None:
        steps.append(f"{lakehouse} demo --days {lake_days + 1}{plan.options}")
        steps.append(f"{lakehouse} rejects reviews")
    else:
        steps.append(f"{lakehouse} runs")
        steps.append(f"{local_athena} exec -- {programs / 'dbt'} docs generate")
    return [_places(environ) + step for step in steps]


def _places(environ: Mapping[str, str]) -> str:
    """The variables that say where lake and sources lie, when they are set, as a shell has them."""
    named = [(name, environ.get(name)) for name in _PLACES]
    return "".join(f"{name}={shlex.quote(value)} " for name, value in named if value)
