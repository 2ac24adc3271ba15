"""Commands of the local lake need an endpoint: without one they run again under a local Athena."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from lakehouse.errors import DemoError
from lakehouse.settings import find_project_dir


def ensure_endpoint() -> None:
    """Come back with an endpoint, which may mean: run this program again under a local Athena.

    A command calls this when its arguments are known to be right, so that a mistyped one makes no
    lake. The program's own arguments are the context's object (`lakehouse.cli.main`); a command
    that another program calls has none, and stays in its process.

    Raises:
        DemoError: there is no `local-athena` beside this Python.
    """
    arguments = click.get_current_context().find_root().obj
    if arguments is not None and needs_endpoint(os.environ):
        run_under_local_athena(arguments, os.environ)


def needs_endpoint(environ: Mapping[str, str]) -> bool:
    """Whether the lake is the local one and nothing says where it answers."""
    return not environ.get("AWS_ENDPOINT_URL") and environ.get("LAKEHOUSE_ENV", "local") == "local"


def run_under_local_athena(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Become the same command under `local-athena exec`; does not return.

    The lake is LOCAL_ATHENA_DATA, or `.local-athena` in the checkout.

    Raises:
        DemoError: there is no `local-athena` beside this Python.
    """
    program = Path(sys.executable).with_name("local-athena")
    if not program.exists():
        raise DemoError(f"{program} is missing: run `make setup`, or set AWS_ENDPOINT_URL")
    project = find_project_dir(environ)
    data = environ.get("LOCAL_ATHENA_DATA") or str(project / ".local-athena")
    if Path.cwd() != project:
        # `local-athena` looks below the working directory: what is advised to type must say where.
        environ = {**environ, "LOCAL_ATHENA_DATA": data}
    click.echo(f"starting a local Athena on {data} …", err=True)
    command = [str(program), "exec", "--data", data, "--", sys.executable, "-m", "lakehouse.cli"]
    os.execve(program, [*command, *arguments], environ)  # noqa: S606
