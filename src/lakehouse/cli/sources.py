"""`lakehouse sources`: the demonstration's source systems, all of them real, and their days."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli._days import DAY
from lakehouse.cli._output import ends_with_status
from lakehouse.drop_place import VARIABLE, parse_place
from lakehouse.errors import ConfigError
from lakehouse.orchestration.tasks import SCALE, SEED, demonstration_world
from lakehouse.redaction import learn_secrets
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from lakehouse.marketplace import Sources, World


@click.group("sources")
def sources_command() -> None:
    """Start the marketplace's source systems, and move them from day to day."""


@sources_command.command("run", short_help="Start every source system that this machine can.")
@click.argument("command", nargs=-1, metavar="[-- COMMAND...]")
@click.option("--scale", type=click.FloatRange(0.001, 100), default=0.02, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    help="What goes wrong at the payment service, as faults/sources/payment_gateway.yml has it.",
)
@click.option(
    "--drop-to",
    metavar="s3://BUCKET/PREFIX",
    help="Put the dropped files there as well, and let landing take them from there.",
)
@ends_with_status
def run_command(
    command: tuple[str, ...], scale: float, seed: int, faults: Path | None, drop_to: str | None
) -> None:
    """Start PostgreSQL, MariaDB, Kafka and the payment service on 127.0.0.1, until Ctrl-C.

    Prints the variables by which `lakehouse` finds them; or runs COMMAND with them, and ends with
    its status. All that they write lies below LAKEHOUSE_SOURCES_DIR. They are empty at first:
    `lakehouse sources advance`, `lakehouse demo` and Airflow fill them day by day.

    \b
    Examples:
      lakehouse sources run
      lakehouse sources run -- lakehouse demo --days 3
      lakehouse sources run --faults faults/sources/payment_gateway.yml
    """
    from lakehouse.marketplace import World
    from lakehouse.marketplace.running import every_source
    from lakehouse.marketplace.sources.gateway_faults import read_faults

    settings = Settings.from_env()
    world = World(seed=seed, scale=scale)
    plan = read_faults(faults) if faults is not None else ()
    place = parse_place(drop_to) if drop_to else None
    if isinstance(place, Path):
        raise ConfigError(f"--drop-to is {drop_to!r}: it must begin with s3://", variable=VARIABLE)
    with every_source(world, settings, os.environ, _say, plan, place) as sources:
        variables = _variables(world, settings, sources)
        learn_secrets(variables)
        _say(f"{', '.join(sources.names())} are up, below {settings.demo_dir}")
        if command:
            answer = subprocess.run(command, env={**os.environ, **variables}, check=False)
            sys.exit(answer.returncode)
        for name, value in variables.items():
            click.echo(f"export {name}={shlex.quote(value)}")
        _say("Ctrl-C stops them")
        threading.Event().wait()


@sources_command.command("advance", short_help="Move the sources to the end of a business date.")
@click.option("--date", "business_date", type=DAY, envvar="LAKEHOUSE_DATE", required=True)
@ends_with_status
def advance_command(business_date: dt.date) -> None:
    """Move the sources that the variables name to the end of a business date, and write its ledger.

    A later day holds what the days before it have; the sources never go back.

    \b
    Example:
      lakehouse sources advance --date 2026-06-01
    """
    from lakehouse.marketplace import advance, write_ledger
    from lakehouse.marketplace.advance import find_sources

    settings = Settings.from_env()
    world = demonstration_world(os.environ)
    if world is None:
        raise ConfigError(
            f"{SEED} is not set: take the variables that `lakehouse sources run` prints",
            variable=SEED,
        )
    advance(world, business_date, find_sources(settings))
    folder, has_topic = settings.demo_dir / "ledger", settings.kafka is not None
    click.echo(write_ledger(world, business_date, folder, has_topic=has_topic))


def _variables(world: World, settings: Settings, sources: Sources) -> dict[str, str]:
    return {
        **sources.variables(),
        "LAKEHOUSE_SOURCES_DIR": str(settings.demo_dir),
        SEED: str(world.seed),
        SCALE: str(world.scale),
    }


def _say(text: str) -> None:
    click.echo(text, err=True)
