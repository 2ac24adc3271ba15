"""Reconcile a lake with the ledger of a business date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

from lakehouse.athena import QueryResult
from lakehouse.errors import QueryError, ReconcileError
from lakehouse.reconcile.compare import Reconciliation, compare, warehouse_values
from lakehouse.reconcile.figure import FigureQuery
from lakehouse.reconcile.figures import FIGURE_QUERIES, render
from lakehouse.reconcile.ledger_file import METRICS, Grain, read_ledger

_PARALLEL = 4
_MAKE_ANEW = (
    ". Make the tables anew with `local-athena exec -- dbt build --full-refresh`; no build brings "
    "back the earlier versions of the snapshots (`make clean` and `make demo` do, for a "
    "demonstration)"
)


def reconcile(
    ledger_path: Path,
    databases: Mapping[str, str],
    run: Callable[[str], QueryResult],
    queries: Sequence[FigureQuery] = FIGURE_QUERIES,
) -> Reconciliation:
    """Read every figure through ``run`` (a statement to its rows) and compare it with the ledger.

    ``databases``: the name of each zone's database. ``queries``: all figures, or those of the
    tables that were built.

    Raises:
        ReconcileError: the ledger has a figure that nothing here reads, or cannot be read.
        QueryError: a figure cannot be read; the message names it.
    """
    ledger = read_ledger(ledger_path)
    known = {query.figure for query in FIGURE_QUERIES}
    unknown = sorted({figure for figure, _ in ledger.figures} - {METRICS, *known})
    if unknown:
        raise ReconcileError(f"{ledger_path} has unknown figures: {', '.join(unknown)}")
    as_of = ledger.as_of_days
    if not as_of:
        raise ReconcileError(f"{ledger_path} says nothing of the history of customers")

    def read(query: FigureQuery) -> dict[tuple[str, Grain], Decimal]:
        try:
            result = run(render(query, databases, as_of, ledger.day))
        except QueryError as error:
            is_missing = "TABLE_NOT_FOUND" in str(error)
            raise QueryError(
                f"{query.figure} cannot be read: {error}{_MAKE_ANEW if is_missing else ''}",
                query_id=error.query_id,
                retryable=error.retryable,
            ) from error
        return warehouse_values(query, result.rows)

    warehouse: dict[tuple[str, Grain], Decimal] = {}
    with ThreadPoolExecutor(max_workers=_PARALLEL) as pool:
        for values in pool.map(read, queries):
            warehouse.update(values)
    names = list(dict.fromkeys(query.figure for query in queries))
    figures = {key: value for key, value in ledger.figures.items() if key[0] in names}
    return compare(names, figures, warehouse)
