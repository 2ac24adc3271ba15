"""`lakehouse breakers`: which source systems are left alone, and how to ask them again."""

from __future__ import annotations

from typing import Any

import click

from lakehouse.breakers import Breaker, circuit_of, list_breakers, to_document
from lakehouse.cli._endpoint import ensure_endpoint
from lakehouse.cli._output import ends_with_status, print_json, print_table
from lakehouse.contracts import connect_lake
from lakehouse.errors import ConfigError
from lakehouse.settings import Settings

COLUMNS = ("source", "state", "failures", "since", "until", "reason")


@click.group(
    "breakers", short_help="Source systems that are left alone.", invoke_without_command=True
)
@click.option("--json", "as_json", is_flag=True, help="Print the breakers as JSON.")
@click.pass_context
@ends_with_status
def breakers_command(ctx: click.Context, as_json: bool) -> None:
    """List the circuit breakers of the source systems, or reset one.

    closed: the source is asked. open: it did not answer, and is left alone until the instant shown.
    half_open: one call finds out whether it is back. Limits are in infra/lake.yml.

    \b
    Examples:
      lakehouse breakers
      lakehouse breakers --json
      lakehouse breakers reset payment_gateway
    """
    if ctx.invoked_subcommand is not None:
        return
    settings = Settings.from_env()
    ensure_endpoint()
    found = list_breakers(connect_lake(settings))
    if as_json:
        print_json([to_document(breaker) for breaker in found])
    else:
        print_table(map(_row, found), COLUMNS)


@breakers_command.command("reset", short_help="Close the breaker of SOURCE.")
@click.argument("source")
@ends_with_status
def reset_command(source: str) -> None:
    """Close the breaker of a source system: it is asked again by whoever comes next.

    \b
    Example:
      lakehouse breakers reset payment_gateway
    """
    settings = Settings.from_env()
    ensure_endpoint()
    lake = connect_lake(settings)
    lake.check_owns("raw")
    sources = {contract.source.system for contract in lake.contracts.values()}
    if source not in sources:
        raise ConfigError(
            f"there is no source system {source!r}: they are {', '.join(sorted(sources))}"
        )
    breaker = circuit_of(lake, source).reset()
    click.echo(f"{breaker.source}: {breaker.state}")


def _row(breaker: Breaker) -> dict[str, Any]:
    times = {
        name: value.isoformat(timespec="seconds") if value else None
        for name, value in (("since", breaker.since), ("until", breaker.until))
    }
    return {**to_document(breaker), **times}
