"""Compare the ledger with what the warehouse says. Pure: no client, no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from lakehouse.errors import ReconcileError
from lakehouse.reconcile.figure import VALUE, FigureQuery
from lakehouse.reconcile.ledger_file import Grain, grain_of

NULL = "(null)"
"""How a null in a grain is written; no ledger has one, so it always is a difference."""

Values = Mapping[tuple[str, Grain], Decimal]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure on which the two disagree; a value is None where that side has none."""

    figure: str
    grain: Grain
    ledger: Decimal | None
    warehouse: Decimal | None

    def __str__(self) -> str:
        where = ", ".join(f"{column} {value}" for column, value in self.grain)
        return (
            f"{self.figure}{f' [{where}]' if where else ''}: ledger {_show(self.ledger)}, "
            f"warehouse {_show(self.warehouse)}"
        )


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The outcome: names of all figures, and every difference in the order of figures."""

    figures: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def agreeing(self) -> int:
        """Number of figures without a difference."""
        return len(self.figures) - len({difference.figure for difference in self.differences})

    @property
    def summary(self) -> str:
        """Such as ``14 of 14 figures agree``."""
        return f"{self.agreeing} of {len(self.figures)} figures agree"


def warehouse_values(
    query: FigureQuery, rows: Iterable[Sequence[str | None]]
) -> dict[tuple[str, Grain], Decimal]:
    """The values of a query's rows, by figure and grain.

    Raises:
        ReconcileError: a row has another shape, or a grain occurs twice.
    """
    values: dict[tuple[str, Grain], Decimal] = {}
    width = len(query.grain) + len(query.measures)
    for row in rows:
        if len(row) != width:
            raise ReconcileError(f"{query.figure}: {len(row)} columns, expected {width}")
        named = dict(query.constants)
        for column, text in zip(query.grain, row, strict=False):
            named[column] = NULL if text is None else text
        for measure, text in zip(query.measures, row[len(query.grain) :], strict=True):
            grain = grain_of(named if measure == VALUE else {**named, "measure": measure})
            if (query.figure, grain) in values:
                raise ReconcileError(f"{query.figure}: {dict(grain)} occurs twice")
            values[query.figure, grain] = _number(query.figure, text)
    return values


def compare(figures: Sequence[str], ledger: Values, warehouse: Values) -> Reconciliation:
    """Every difference between the two; a missing value is equal to zero."""
    zero = Decimal(0)
    differences = [
        Difference(figure, grain, ledger.get((figure, grain)), warehouse.get((figure, grain)))
        for figure, grain in sorted(
            set(ledger) | set(warehouse), key=lambda key: (figures.index(key[0]), key[1])
        )
        if ledger.get((figure, grain), zero) != warehouse.get((figure, grain), zero)
    ]
    return Reconciliation(tuple(figures), tuple(differences))


def _number(figure: str, text: str | None) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation as error:
        raise ReconcileError(f"{figure}: {text!r} is not a number") from error


def _show(value: Decimal | None) -> str:
    return "none" if value is None else str(value)
