"""Two runs side by side: what each node scanned and is billed, and which grew beyond its budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lakehouse.cost.build_costs import NodeCost

USD_PER_TERABYTE = 5.0
"""Athena's price of scanned bytes (AWS's price list, us-east-1, 2026); 10^12 bytes."""


ALLOWANCE_BYTES = 65_536
"""So much more is a file or a footer, and beyond no budget."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A node in the later of two runs. before: None when the earlier one did not build it."""

    now: NodeCost
    before: NodeCost | None

    @property
    def budgets(self) -> list[tuple[int, str]]:
        """What the node may scan, in bytes and in words, tightest first; none holds `history`.

        A `day` node is held by what landed and by the build before, a `dimension` by the build
        before; `history` grows with the history.
        """
        found = []
        if self.now.scan == "day" and self.now.landed_bytes is not None:
            ratio = self.now.landed_budget
            allowed = int(self.now.landed_bytes * ratio) + ALLOWANCE_BYTES
            found.append((allowed, f"{ratio:g} x landed"))
        if self.now.scan in ("day", "dimension") and self.before is not None:
            ratio = self.now.growth_budget
            allowed = int(self.before.scanned_bytes * ratio) + ALLOWANCE_BYTES
            found.append((allowed, f"{ratio:g} x before"))
        return sorted(found)

    @property
    def excess(self) -> str:
        """Why a node is beyond its budget, empty when it is not.

        Scanned bytes decide, not billed ones: below Athena's minimum a lost partition filter costs
        nothing yet, and will.
        """
        broken = [words for allowed, words in self.budgets if self.now.scanned_bytes > allowed]
        return broken[0] if broken else ""


def compare(before: Iterable[NodeCost], now: Iterable[NodeCost]) -> list[Comparison]:
    """Each node of the later run beside the same of the earlier, dearest first."""
    known = {cost.node: cost for cost in before}
    rows = [Comparison(cost, known.get(cost.node)) for cost in now]
    return sorted(rows, key=lambda row: (-row.now.billed_bytes, row.now.node))


def price_usd(billed_bytes: int) -> float:
    """US dollars for so many billed bytes."""
    return billed_bytes * USD_PER_TERABYTE / 1e12
