"""`lakehouse`, the project's own command: one module for each subcommand, imported when used."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType

import click

from lakehouse.errors import LakehouseError
from lakehouse.observability import bind_process, configure_logging, new_trace_id

INTERRUPTED_EXIT_CODE = 130
TERMINATED_EXIT_CODE = 143


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a command lives, and its line in `lakehouse --help`."""

    module: str
    attribute: str
    summary: str


_COMMANDS: Mapping[str, _Place] = {
    "demo": _Place(
        "lakehouse.cli.demo", "demo_command", "Business days end to end, on this machine."
    ),
    "sources": _Place(
        "lakehouse.cli.sources",
        "sources_command",
        "The demonstration's source systems, and their days.",
    ),
    "land": _Place("lakehouse.cli.land", "land_command", "Land feeds of a business date."),
    "reprocess": _Place(
        "lakehouse.cli.reprocess",
        "reprocess_command",
        "Let landed batches through the door again, after a rule changed.",
    ),
    "backfill": _Place(
        "lakehouse.cli.backfill", "backfill_command", "Build a range of days again."
    ),
    "retention": _Place(
        "lakehouse.cli.retention", "retention_command", "Delete what the lake need not keep."
    ),
    "reconcile": _Place(
        "lakehouse.cli.reconcile", "reconcile_command", "Compare the warehouse with the ledger."
    ),
    "metrics": _Place(
        "lakehouse.cli.metrics", "metrics_command", "List the business's metrics, and ask them."
    ),
    "contracts": _Place(
        "lakehouse.cli.contracts", "contracts_command", "Check, render and apply contracts."
    ),
    "cost": _Place(
        "lakehouse.cli.cost", "cost_command", "What the last dbt build scanned, and its price."
    ),
    "runs": _Place("lakehouse.cli.runs", "runs_command", "List batches, newest first."),
    "breakers": _Place(
        "lakehouse.cli.breakers", "breakers_command", "Source systems that are left alone."
    ),
    "notify": _Place(
        "lakehouse.cli.notify", "notify_command", "Show or send a sample of each notification."
    ),
    "rejects": _Place(
        "lakehouse.cli.rejects", "rejects_command", "Show refused rows and why; let them in again."
    ),
}


class _LazyGroup(click.Group):
    """A group that imports a command only when it runs or shows its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(importlib.import_module(place.module), place.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lakehouse", prog_name="lakehouse")
def cli() -> None:
    """A data lakehouse on Athena, Iceberg, dbt and Airflow, on a laptop or on AWS.

    \b
    Example:
      lakehouse demo --days 3
    """


def main() -> None:
    """Run the command; end with the status of the error that stopped it."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _open_log(sys.argv[1:])
        status = cli(standalone_mode=False, obj=sys.argv[1:])
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED_EXIT_CODE)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED_EXIT_CODE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except LakehouseError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output, such as `head`, has gone.
        sys.stderr.close()
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _open_log(arguments: list[str]) -> None:
    """Send log lines to stderr; they carry the command's name and a trace id, TRACEPARENT's if set.

    Raises:
        ConfigError: LAKEHOUSE_LOG_FORMAT or LAKEHOUSE_LOG_LEVEL is none that there is.
    """
    configure_logging(os.environ)
    trace_id = new_trace_id(os.environ.get("TRACEPARENT"))
    command = next((word for word in arguments if not word.startswith("-")), "lakehouse")
    bind_process(run_id=f"{command}-{trace_id[:8]}", trace_id=trace_id)


def _terminate(number: int, frame: FrameType | None) -> None:
    """End as on Ctrl-C, so that servers that were started are stopped."""
    sys.exit(TERMINATED_EXIT_CODE)
