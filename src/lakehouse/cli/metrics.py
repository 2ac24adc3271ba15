"""`lakehouse metrics`: what the business asks, by the names that it uses."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from lakehouse.athena import connect_athena
from lakehouse.cli._days import DAY, check_span
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.cli.reconcile import end_with, ledger_option
from lakehouse.metrics import GRAINS, MetricCompiler, MetricQuery, parse_project, semantic_manifest
from lakehouse.reconcile import find_ledger, reconcile_metrics
from lakehouse.settings import Settings

_FORMATS = ("table", "csv", "json")


@click.group("metrics", short_help="List the business's metrics, and ask them.")
def metrics_command() -> None:
    """The business's metrics, defined once in models/metrics.

    \b
    Examples:
      lakehouse metrics list
      lakehouse metrics list late_delivery_rate
      lakehouse metrics query gmv late_delivery_rate --by customer__state
    """


@metrics_command.command("list")
@click.argument("metrics", nargs=-1, metavar="[METRIC…]")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@ends_with_status
def list_command(metrics: tuple[str, ...], form: str) -> None:
    """List all metrics; or the dimensions that the named ones can be asked by together."""
    compiler = _compiler(Settings.from_env())
    if metrics:
        rows: list[dict[str, str]] = [
            {"dimension": each.name, "description": each.description}
            for each in compiler.dimensions(*metrics).values()
        ]
        _print(rows, ("dimension", "description"), form)
        return
    columns = ("metric", "unit", "owner", "description")
    rows = [
        {
            "metric": each.name,
            "unit": each.unit,
            "owner": each.owner,
            "description": each.description,
        }
        for each in compiler.metrics.values()
    ]
    _print(rows, columns, form)


@metrics_command.command("query")
@click.argument("metrics", nargs=-1, required=True, metavar="METRIC…")
@click.option("--by", "by", multiple=True, metavar="DIMENSION", help="Repeat it for several.")
@click.option("--where", metavar="SQL", help="Condition on dimensions: \"customer__state = 'SP'\".")
@click.option("--from", "first", type=DAY, help="First day, included.")
@click.option("--to", "last", type=DAY, help="Last day, included.")
@click.option("--grain", type=click.Choice(GRAINS), help="One row a day, week, month, …")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("--sql", "only_sql", is_flag=True, help="Print the statement and run nothing.")
@ends_with_status
def query_command(
    metrics: tuple[str, ...],
    by: tuple[str, ...],
    where: str | None,
    first: date | None,
    last: date | None,
    grain: str | None,
    form: str,
    only_sql: bool,
) -> None:
    """Ask metrics of the curated tables, through Athena.

    A dimension may be named by its end where that is clear: `state` for `customer__state`. Days are
    those of the purchase, in America/Sao_Paulo.

    \b
    Examples:
      lakehouse metrics query late_delivery_rate --grain month
      lakehouse metrics query item_gmv --by category --from 2026-06-01 --format csv
      lakehouse metrics query gmv orders --by state --where "is_weekend" --sql
    """
    check_span(first, last)
    settings = Settings.from_env()
    if not only_sql:
        ensure_endpoint()
    query = MetricQuery(metrics, by, where, first, last, grain)
    sql = _compiler(settings).compile(query)
    if only_sql:
        click.echo(sql)
        return
    result = connect_athena(settings).run(sql)
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    _print(rows, result.columns, form)


@metrics_command.command("reconcile")
@click.option("--date", "business_date", type=DAY, help="Business date; the last by default.")
@ledger_option
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@ends_with_status
def reconcile_metrics_command(
    business_date: date | None, folder: Path | None, as_json: bool
) -> None:
    """Compare every metric with the ledger: in total, by day, state and category.

    Exits with 1 and names metric, grain and both values when one of them differs.
    """
    settings = Settings.from_env()
    ledger = find_ledger(folder or settings.demo_dir / "ledger", business_date)
    ensure_endpoint()
    run = connect_athena(settings).run
    end_with(reconcile_metrics(ledger, _compiler(settings), run), ledger.stem, as_json)


def _compiler(settings: Settings) -> MetricCompiler:
    return MetricCompiler(semantic_manifest(parse_project(settings)))


def _print(rows: Sequence[Mapping[str, str | None]], columns: Sequence[str], form: str) -> None:
    """Print texts as they came: numbers may be exact decimals, which JSON's are not."""
    if form == "json":
        print_json(rows)
    elif form == "table":
        print_table(rows, columns)
    else:
        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
