"""What a predicate allows a partition column to be: everything, listed values, or a range.

The planner makes one for each partition column; projection and partition filters read it. Values
are the column's text as in a path (`2026-06-01`, `7`, `br`). In `Span`, comparison is numeric for
`integer` projection, by instant for `date`, and by text for the rest.
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
