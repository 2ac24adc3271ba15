"""`python -m lakehouse.cli`, the same as `lakehouse`."""

from lakehouse.cli import main

main()
