"""Commands of the local lake need an endpoint: without one they run again under a local Athena."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from lakehouse.errors import DemoError
from lakehouse.settings import find_project_dir

_COMMANDS = frozenset({"demo", "land", "reconcile", "rejects", "runs"})


def needs_endpoint(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether these arguments speak to the local lake and nothing says where it answers."""
    return (
        bool(arguments)
        and arguments[0] in _COMMANDS
        and not {"-h", "--help"} & set(arguments)
        and not environ.get("AWS_ENDPOINT_URL")
        and environ.get("LAKEHOUSE_ENV", "local") == "local"
    )


def run_under_local_athena(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Become the same command under `local-athena exec`; does not return.

    The lake is LOCAL_ATHENA_DATA, or `.local-athena` in the checkout.

    Raises:
        DemoError: there is no `local-athena` beside this Python.
    """
    program = Path(sys.executable).with_name("local-athena")
    if not program.exists():
        raise DemoError(f"{program} is missing: run `make setup`, or set AWS_ENDPOINT_URL")
    data = environ.get("LOCAL_ATHENA_DATA") or str(find_project_dir(environ) / ".local-athena")
    click.echo(f"starting a local Athena on {data} …", err=True)
    command = [str(program), "exec", "--data", data, "--", sys.executable, "-m", "lakehouse.cli"]
    os.execv(program, [*command, *arguments])  # noqa: S606
