"""`python -m local_athena.cli` is `local-athena`."""

from local_athena.cli.commands import main

main()
