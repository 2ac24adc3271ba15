"""The demonstration's source systems: a Brazilian marketplace, made anew the same on any machine.

A :class:`World` (seed, scale, first business date) fixes everything. :func:`advance` moves the
database, the dropped files and the payment service to the end of a business date;
:func:`write_ledger` writes what a correct warehouse must then say. Definitions:
docs/en/business-rules.md.
"""

from lakehouse.marketplace.advance import Sources, advance
from lakehouse.marketplace.ledger import ledger, write_ledger
from lakehouse.marketplace.rates import Rates
from lakehouse.marketplace.running import running_sources
from lakehouse.marketplace.tally import Figure
from lakehouse.marketplace.world import (
    DEFAULT_FIRST_DAY,
    DEFAULT_SCALE,
    DEFAULT_SEED,
    World,
)

__all__ = [
    "DEFAULT_FIRST_DAY",
    "DEFAULT_SCALE",
    "DEFAULT_SEED",
    "Figure",
    "Rates",
    "Sources",
    "World",
    "advance",
    "ledger",
    "running_sources",
    "write_ledger",
]
