"""Compare the curated tables with the ledger of the demonstration's sources, to the cent."""

from lakehouse.reconcile.compare import Difference, Reconciliation, compare
from lakehouse.reconcile.figure import FigureQuery
from lakehouse.reconcile.figures import DAILY_FIGURES, FIGURE_QUERIES
from lakehouse.reconcile.ledger_file import Ledger, find_ledger, read_ledger
from lakehouse.reconcile.metrics import reconcile_metrics
from lakehouse.reconcile.run import reconcile

__all__ = [
    "DAILY_FIGURES",
    "FIGURE_QUERIES",
    "Difference",
    "FigureQuery",
    "Ledger",
    "Reconciliation",
    "compare",
    "find_ledger",
    "read_ledger",
    "reconcile",
    "reconcile_metrics",
]
