"""Two runs side by side: what each node scanned and is billed, and which grew beyond its budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lakehouse.cost.build_costs import NodeCost

USD_PER_TERABYTE = 5.0
"""Athena's price of scanned bytes (AWS's price list, us-east-1, 2026); 10^12 bytes."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A node in the later of two runs. before: None when the earlier one did not build it."""

    now: NodeCost
    before: NodeCost | None

    @property
    def is_over_budget(self) -> bool:
        """Whether the billed bytes of a query grew beyond the budget; what is billed at Athena's
        minimum both times did not, however much it scans."""
        if self.before is None or self.now.scan != "day":
            return False
        each, before = _per_query(self.now), _per_query(self.before)
        return each > before * self.now.budget


def compare(before: Iterable[NodeCost], now: Iterable[NodeCost]) -> list[Comparison]:
    """Each node of the later run beside the same of the earlier, dearest first."""
    known = {cost.node: cost for cost in before}
    rows = [Comparison(cost, known.get(cost.node)) for cost in now]
    return sorted(rows, key=lambda row: (-row.now.billed_bytes, row.now.node))


def price_usd(billed_bytes: int) -> float:
    """US dollars for so many billed bytes."""
    return billed_bytes * USD_PER_TERABYTE / 1e12


def _per_query(cost: NodeCost) -> float:
    return cost.billed_bytes / cost.queries if cost.queries else 0.0
