"""The command line: `local-athena`."""

from local_athena.cli.commands import main

__all__ = ["main"]
