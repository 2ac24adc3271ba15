"""Two runs side by side: what each node scanned and is billed, and which grew beyond its budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lakehouse.cost.build_costs import NodeCost

USD_PER_TERABYTE = 5.0
"""Athena's price of scanned bytes (AWS's price list, us-east-1, 2026); 10^12 bytes."""


LEAST_GROWTH_BYTES = 65_536
"""Growth up to this is a file or a footer more, and beyond no budget."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A node in the later of two runs. before: None when the earlier one did not build it."""

    now: NodeCost
    before: NodeCost | None

    @property
    def is_over_budget(self) -> bool:
        """Whether a `day` node scans more than its budget allows. Scanned bytes decide, not billed
        ones: below Athena's minimum a lost partition filter costs nothing yet, and will."""
        if self.before is None or self.now.scan != "day":
            return False
        allowed = self.before.scanned_bytes * self.now.budget + LEAST_GROWTH_BYTES
        return self.now.scanned_bytes > allowed


def compare(before: Iterable[NodeCost], now: Iterable[NodeCost]) -> list[Comparison]:
    """Each node of the later run beside the same of the earlier, dearest first."""
    known = {cost.node: cost for cost in before}
    rows = [Comparison(cost, known.get(cost.node)) for cost in now]
    return sorted(rows, key=lambda row: (-row.now.billed_bytes, row.now.node))


def price_usd(billed_bytes: int) -> float:
    """US dollars for so many billed bytes."""
    return billed_bytes * USD_PER_TERABYTE / 1e12
