"""`lakehouse land`: bring feeds of a business date from their sources to raw."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from lakehouse.cli._days import DAY
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.contracts import Contract, connect_lake
from lakehouse.errors import ConfigError, LakehouseError
from lakehouse.landing import Manifest, NotDue, Sources, land, verify_manifest
from lakehouse.landing.model import run_id_of
from lakehouse.landing.olist import land_olist
from lakehouse.observability import bound
from lakehouse.settings import Settings

COLUMNS = ("feed", "business_date", "state", "read", "written", "rejected", "rules", "warnings")


def summarise(manifest: Manifest | NotDue) -> dict[str, Any]:
    """A manifest as one row of a table; of a feed that is not due there are no counts."""
    if isinstance(manifest, NotDue):
        due = f"due {manifest.due.isoformat()}"
        counts = dict.fromkeys(("read", "written", "rejected"), 0)
        return {**manifest.to_dict(), **counts, "state": "not due", "rules": due}
    rules = ", ".join(f"{rule} {count}" for rule, count in manifest.rejected_by_rule.items())
    return {
        "feed": manifest.feed,
        "business_date": manifest.business_date.isoformat(),
        "state": manifest.state,
        "read": manifest.read_count,
        "written": manifest.written_count,
        "rejected": manifest.rejected_count,
        "rules": rules,
        "warnings": ", ".join(_warnings(manifest)),
    }


def _warnings(manifest: Manifest) -> Iterator[str]:
    """Kinds of oddities; of rules that warn, each with the rows that broke it."""
    for kind in manifest.warnings:
        if kind != "broken_rules":
            yield kind
    for rule, count in manifest.warned_by_rule.items():
        yield f"{rule} {count}"


@click.command("land", short_help="Land feeds of a business date.")
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
@click.option(
    "--date",
    "business_date",
    type=DAY,
    envvar="LAKEHOUSE_DATE",
    help="Business date (America/Sao_Paulo).",
)
@click.option("--all", "every_feed", is_flag=True, help="Land every feed that has a contract.")
@click.option("--again", is_flag=True, help="Ask the source once more, unless published already.")
@click.option(
    "--from",
    "olist_dir",
    type=click.Path(path_type=Path),
    envvar="LAKEHOUSE_OLIST_DIR",
    help="Land the public Olist files of this folder instead of the source systems.",
)
@click.option("--verify", "manifest", metavar="MANIFEST", help="Check a manifest, land nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print manifests as JSON.")
@ends_with_status
def land_command(
    feeds: tuple[str, ...],
    business_date: date | None,
    every_feed: bool,
    again: bool,
    olist_dir: Path | None,
    manifest: str | None,
    as_json: bool,
) -> None:
    """Land each FEED for a business date: source, stage, door, raw.

    Landing a published run again changes nothing. Sources are found by LAKEHOUSE_POSTGRES_URL,
    LAKEHOUSE_MYSQL_URL, LAKEHOUSE_KAFKA_BOOTSTRAP, LAKEHOUSE_PAYMENTS_URL and LAKEHOUSE_DROP_DIR.

    \b
    Examples:
      lakehouse land orders order_items --date 2026-06-01
      lakehouse land --all --date 2026-06-01 --json
      lakehouse land --from ~/olist --date 2026-06-01
      lakehouse land --verify s3://lakehouse-local-raw/…/_manifest.json
    """
    if manifest is None and business_date is None:
        raise ConfigError("say which day: --date YYYY-MM-DD", variable="LAKEHOUSE_DATE")
    settings = Settings.from_env()
    ensure_endpoint()
    lake = connect_lake(settings)
    if manifest is not None or business_date is None:
        _print([verify_manifest(lake, manifest or "")], as_json)
        return
    day = business_date
    if olist_dir is not None:
        _print(land_olist(olist_dir, day, lake, feeds=feeds or None), as_json)
        return
    wanted = tuple(sorted(lake.contracts)) if every_feed else feeds
    if not wanted:
        raise ConfigError(f"say which feeds: {', '.join(sorted(lake.contracts))}, or --all")
    contracts = [lake.contract(feed) for feed in wanted]
    sources = Sources.from_settings(settings)
    landed: list[Manifest | NotDue] = []
    failed: LakehouseError | None = None
    is_terminal = sys.stderr.isatty()
    with click.progressbar(
        contracts, file=sys.stderr, hidden=not is_terminal, item_show_func=_name
    ) as progress:
        for contract in progress:
            try:
                with bound(feed=contract.feed, batch=run_id_of(contract.feed, day)):
                    landed.append(land(contract.feed, day, sources, lake, again=again))
            except LakehouseError as error:
                # The other feeds do not wait for this one; the first failure is the exit status.
                click.echo(f"error: {error}", err=True)
                failed = failed or error
    _print(landed, as_json)
    if failed is not None:
        raise SystemExit(failed.exit_code)


def _name(contract: Contract | None) -> str | None:
    return contract.feed if contract else None


def _print(manifests: Sequence[Manifest | NotDue], as_json: bool) -> None:
    if as_json:
        print_json([manifest.to_dict() for manifest in manifests])
    elif manifests:
        print_table(map(summarise, manifests), COLUMNS)
    for manifest in manifests:
        for warning in [] if isinstance(manifest, NotDue) else manifest.warnings.values():
            click.echo(f"warning: {manifest.feed}: {warning}", err=True)
