"""What a predicate allows a partition column to be: everything, listed values, or a range.

The planner makes one for each partition column; projection reads it. Values are the column's text
as in a path (`2026-06-01`, `7`, `br`). They compare as the column's type does: numbers by value,
date and timestamp by instant, everything else by text.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class All:
    """No restriction."""


@dataclass(frozen=True, slots=True)
class Values:
    """Only these texts."""

    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`, each inclusive unless said otherwise; None is open."""

    low: str | None = None
    high: str | None = None
    low_inclusive: bool = True
    high_inclusive: bool = True


Domain = All | Values | Span
Domains = Mapping[str, Domain]
"""By partition column name; a column that is missing is `All`."""
