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
from lakehouse.cli._feeds import check_feeds
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.contracts import Contract, connect_lake, feed_names
from lakehouse.errors import ConfigError, LakehouseError
from lakehouse.landing import (
    Manifest,
    NotDue,
    Replay,
    Sources,
    land,
    replay,
    run_id_of,
    verify_manifest,
)
from lakehouse.landing.model import parse_run_id
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
@click.option("--replay", "run_id", metavar="RUN_ID", help="Rebuild a batch from its stage.")
@click.option("--json", "as_json", is_flag=True, help="Print manifests as JSON.")
@ends_with_status
def land_command(
    feeds: tuple[str, ...],
    business_date: date | None,
    every_feed: bool,
    again: bool,
    olist_dir: Path | None,
    manifest: str | None,
    run_id: str | None,
    as_json: bool,
) -> None:
    """Land each FEED for a business date: source, stage, door, raw.

    Landing a published run again changes nothing. Sources are found by LAKEHOUSE_POSTGRES_URL,
    LAKEHOUSE_MYSQL_URL, LAKEHOUSE_KAFKA_BOOTSTRAP, LAKEHOUSE_PAYMENTS_URL and LAKEHOUSE_DROP_DIR.

    --replay asks no source: what the stage holds of a run goes through the door under today's
    contract, and replaces what raw has of it, if that is something else.

    \b
    Examples:
      lakehouse land orders order_items --date 2026-06-01
      lakehouse land --all --date 2026-06-01 --json
      lakehouse land --from ~/olist --date 2026-06-01
      lakehouse land --verify s3://lakehouse-local-raw/…/_manifest.json
      lakehouse land --replay orders-2026-06-01
    """
    settings = Settings.from_env()
    check_feeds(settings, feeds)
    if run_id is not None:
        feed, day = parse_run_id(run_id)
        check_feeds(settings, [feed])
        ensure_endpoint()
        _print_replay(replay(feed, day, connect_lake(settings)), as_json)
        return
    if manifest is not None:
        ensure_endpoint()
        _print([verify_manifest(connect_lake(settings), manifest)], as_json)
        return
    if business_date is None:
        raise ConfigError("say which day: --date YYYY-MM-DD", variable="LAKEHOUSE_DATE")
    day = business_date
    known = feed_names(settings.project_dir / "contracts")
    wanted = tuple(known) if every_feed else feeds
    if not wanted and olist_dir is None:
        raise ConfigError(f"say which feeds: {', '.join(known)}, or --all")
    ensure_endpoint()
    lake = connect_lake(settings)
    if olist_dir is not None:
        _print(land_olist(olist_dir, day, lake, feeds=feeds or None), as_json)
        return
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


def _print_replay(rebuilt: Replay, as_json: bool) -> None:
    """Print the batch as it is now; say on standard error what was wrong and what changed."""
    _print([rebuilt.after], as_json)
    for sentence in rebuilt.damage:
        click.echo(f"repaired: {sentence}", err=True)
    before = rebuilt.contract_changed
    if before is not None:
        after = rebuilt.after.contract_version
        click.echo(
            f"warning: the contract changed: version {before} let the rows in before, {after} now",
            err=True,
        )
    if not rebuilt.changed:
        click.echo("raw had all of it already: nothing was written", err=True)


def _print(manifests: Sequence[Manifest | NotDue], as_json: bool) -> None:
    if as_json:
        print_json([manifest.to_dict() for manifest in manifests])
    elif manifests:
        print_table(map(summarise, manifests), COLUMNS)
    for manifest in manifests:
        for warning in [] if isinstance(manifest, NotDue) else manifest.warnings.values():
            click.echo(f"warning: {manifest.feed}: {warning}", err=True)
